from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("batches", "0001_initial")]

    operations = [
        # A row is rewritten twice on its way; with room on its page the indexes never notice.
        migrations.RunSQL(
            "ALTER TABLE batch_records SET (fillfactor = 50)",
            "ALTER TABLE batch_records RESET (fillfactor)",
        ),
    ]
