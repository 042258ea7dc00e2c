"""What is wrong with a file the operator gave, in words that say where."""


class FileProblem(ValueError):
    """A file, or a row in it, cannot be read as its mapping says."""


class NoSuchFile(FileProblem):
    """There is no file of that name."""
