"""Routes of this node as a witness: submission prefix and monitoring prefix are both /witness."""

from django.urls import path, re_path

from tongban.channels.ledger import witness

app_name = "witness"

urlpatterns = [
    path("add-checkpoint", witness.add_checkpoint, name="add_checkpoint"),
    path("vkey", witness.vkey, name="vkey"),
    re_path(r"^(?P<origin_hash>[0-9a-f]{64})/checkpoint$", witness.checkpoint, name="checkpoint"),
]
