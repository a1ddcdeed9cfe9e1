"""What the work app refuses."""

from tongban.kernel.errors import Kind, Refusal, mark


class KeyReused(Refusal):
    """The same idempotency key came with another request."""

    code = "work.key_reused"
    what = mark("这个请求编号已用于另一项内容不同的请求。")
    todo = mark("请刷新页面后重新提交。")
    kind = Kind.CONFLICT


class NotDead(Refusal):
    """Only a dead letter can be revived, and only while no job with its key is waiting."""

    code = "work.not_dead"
    what = mark("任务 {job_id} 不在失败任务中，或同一任务已在等待执行。")
    todo = mark("请刷新任务列表。")
    kind = Kind.CONFLICT
