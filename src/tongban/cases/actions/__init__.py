"""One function per verb; each runs in ``frame.perform``, in the order written there."""
