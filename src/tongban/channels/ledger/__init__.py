"""The public log, this node as a witness, and the page that checks receipts: open to all."""
