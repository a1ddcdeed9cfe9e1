"""Places, agencies, offices, calendars, and a place's legal settings."""
