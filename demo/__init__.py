"""What `make up` shows: a sample workbook and the partner API it is sent to."""
