"""
A child process that reads files, so that a file built to harm takes only the child with it.

Nothing of Django is imported here: it must start in well under a tenth of a second. It gets a
task as JSON in its one argument and answers on its standard output, see `frames.py`.
"""
