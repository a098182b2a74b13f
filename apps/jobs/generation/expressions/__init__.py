"""Formulas over the fields of a row: a small language, read by us and never by Python."""

from apps.jobs.generation.expressions.parser import parse
from apps.jobs.generation.expressions.tree import Formula, FormulaFailed

__all__ = ["Formula", "FormulaFailed", "parse"]
