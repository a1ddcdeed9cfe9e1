"""Who opens which matters to whom, in which mode, granting which acts."""
