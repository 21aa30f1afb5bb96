from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('register', '0002_lost_tail'),
    ]

    operations = [
        migrations.AddField(
            model_name='journal',
            name='changes',
            field=models.TextField(blank=True, default=''),
        ),
    ]
