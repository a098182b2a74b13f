from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('uploads', '0002_text_encoding_and_delimiter'),
    ]

    operations = [
        migrations.AddField(
            model_name='upload',
            name='sheet',
            field=models.CharField(blank=True, default='', max_length=255),
        ),
        migrations.AddField(
            model_name='upload',
            name='header_row',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='upload',
            name='column_types',
            field=models.JSONField(null=True),
        ),
    ]
