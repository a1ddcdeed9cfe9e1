"""A job that was given up has an owner: who runs the node sees it, and can have it tried again."""

from argparse import Namespace

import pytest

from tongban.kernel import clock
from tongban.site.commands import verify, worker
from tongban.work import api as work
from tongban.work.errors import NotDead
from tongban.work.models import DEAD, Job

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def revive(job_id: str) -> int:
    return worker.run(Namespace(revive=job_id, once=False, parent=None))


def test_verify_names_it_and_the_worker_takes_it_up_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Job.objects.all().delete()
    Job.objects.create(
        id="job-1",
        name="cases.project",
        payload={},
        state=DEAD,
        attempts=8,
        max_attempts=8,
        run_after=clock.now(),
        created_at=clock.now(),
        last_error="OSError at disk.py:7",
    )
    assert verify.run(Namespace(file=None, policy=None, json=False)) == 0
    named, counted = capsys.readouterr().out.splitlines()[-2:]
    assert named == (
        "jobs: note: job job-1 (cases.project) was given up after 8 attempts: "
        "OSError at disk.py:7; try again with tongban worker --revive job-1"
    )
    assert counted == "jobs: ok, 0 damaged, 1 noted"
    assert revive("job-1") == 0
    assert work.dead_letters() == []
    assert work.backlog().waiting == 1
    with pytest.raises(NotDead):
        revive("job-1")
    assert work.backlog().waiting == 1
