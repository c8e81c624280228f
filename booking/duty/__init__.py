"""Who is there to work: the house's calendar, shifts, absences, skills; whom it has to phone."""
