"""What the cells of a file are: types of columns, and the rows that do not fit."""
