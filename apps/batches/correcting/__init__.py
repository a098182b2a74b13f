"""
The corrected workbook: a batch's own sheet with what became of each row, and the way back.

`lines` pairs the sheet's rows with the ledger's; `original` and `fresh` write them; `returned`
reads the sheet when it comes back and finds each row by its hidden mark.
"""
