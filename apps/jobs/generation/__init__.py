"""Made-up data: a schema of typed fields in, columns of values out. Knows no database."""
