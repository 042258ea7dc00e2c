"""Commission lines: what each rule pays for each validator, and who gets every unit of every component."""
