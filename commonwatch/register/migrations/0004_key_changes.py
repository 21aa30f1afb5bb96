from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('register', '0003_second_signature'),
    ]

    operations = [
        migrations.AddField(
            model_name='journal',
            name='changes',
            field=models.TextField(blank=True, default=''),
        ),
    ]
