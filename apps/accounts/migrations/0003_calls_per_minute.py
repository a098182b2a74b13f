import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_superuser_is_admin'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='calls_per_minute',
            field=models.PositiveIntegerField(blank=True, help_text='How often it may call; without a number, as often as any key.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000)]),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(('calls_per_minute', None), ('calls_per_minute__range', (1, 1000000)), _connector='OR'), name='apikey_calls_per_minute_sensible'),
        ),
    ]
