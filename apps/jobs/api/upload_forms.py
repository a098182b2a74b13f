from rest_framework import serializers

from apps.uploads.content.text import ENCODINGS

DELIMITERS = (",", ";", "\t", "|")


class UploadInput(serializers.Serializer[None]):
    """What may accompany the files."""

    file = serializers.ListField(
        child=serializers.FileField(), help_text="1 to 10 parts named `file`.", required=False
    )
    purpose = serializers.ChoiceField(["data", "batch-source", "reference"], default="data")
    header = serializers.BooleanField(default=True, help_text="The first row names the columns.")
    sheet = serializers.CharField(max_length=31, required=False, help_text="A workbook's sheet.")
    delimiter = serializers.ChoiceField(
        DELIMITERS, required=False, help_text="Found out if not given."
    )
    encoding = serializers.ChoiceField(ENCODINGS, required=False, help_text="Of a text file.")


class StoredFileOutput(serializers.Serializer[None]):
    """A file as it was received."""

    uploadId = serializers.UUIDField()
    originalName = serializers.CharField()
    sizeBytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    status = serializers.CharField()


class UploadAcceptedOutput(serializers.Serializer[None]):
    """The files are stored; a job looks into them."""

    jobId = serializers.UUIDField()
    status = serializers.CharField()
    files = StoredFileOutput(many=True)
    statusUrl = serializers.CharField()


class UploadOutput(StoredFileOutput):
    """Everything that is known about an upload."""

    mimeType = serializers.CharField()
    sheets = serializers.ListField(child=serializers.CharField(), allow_null=True)
    columns = serializers.ListField(child=serializers.CharField(), allow_null=True)
    columnTypes = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="What every value of a column is; null until all rows were looked at.",
    )
    rowCount = serializers.IntegerField(allow_null=True)
    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    uploadedAt = serializers.DateTimeField()
    lastUsedAt = serializers.DateTimeField()


class PreviewRowOutput(serializers.Serializer[None]):
    """One row of a preview; dates as ISO text, error cells as they are shown."""

    row = serializers.IntegerField(help_text="Its number in Excel.")
    values = serializers.ListField(child=serializers.JSONField(allow_null=True))


class PreviewOutput(serializers.Serializer[None]):
    """The beginning of a file."""

    sheets = serializers.ListField(child=serializers.CharField())
    sheet = serializers.CharField(allow_null=True)
    columns = serializers.ListField(child=serializers.CharField())
    rowCount = serializers.IntegerField(allow_null=True)
    rows = PreviewRowOutput(many=True)
