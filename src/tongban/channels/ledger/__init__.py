"""The public log and this node as a witness: machines read these addresses, not people."""
