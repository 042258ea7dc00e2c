"""The terminal's face: parse, call, show; what is done stands in work/."""
