"""What this node does with messages: send, deliver, take; and with the nodes it trusts."""
