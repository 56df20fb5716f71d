from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent_requests', '0003_intake'),
    ]

    operations = [
        migrations.CreateModel(
            name='AnonymousUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('span_begins_at', models.DateTimeField()),
                ('count', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='message',
            name='message_template_known',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_waiting',
        ),
        migrations.AlterField(
            model_name='message',
            name='template',
            field=models.CharField(choices=[('received', 'received'), ('code', 'code'), ('confirm', 'confirm'), ('paused', 'paused'), ('extended', 'extended'), ('refused', 'refused'), ('expired', 'expired'), ('fulfilled', 'fulfilled'), ('package_ready', 'package ready'), ('erased', 'erased'), ('recipients', 'recipients'), ('link', 'link')], max_length=16),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.Func(models.F('next_attempt_at'), output_field=models.DateTimeField(), template="COALESCE(%(expressions)s, '-infinity'::timestamptz)"), models.F('id'), condition=models.Q(('given_up_at__isnull', True), ('sent_at__isnull', True)), name='message_waiting'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('template__in', ['received', 'code', 'confirm', 'paused', 'extended', 'refused', 'expired', 'fulfilled', 'package_ready', 'erased', 'recipients', 'link'])), name='message_template_known'),
        ),
        migrations.AddIndex(
            model_name='anonymoususe',
            index=models.Index(fields=['span_begins_at'], name='anonymous_use_by_age'),
        ),
        migrations.AddConstraint(
            model_name='anonymoususe',
            constraint=models.UniqueConstraint(fields=('key', 'span_begins_at'), name='anonymous_use_once'),
        ),
    ]
