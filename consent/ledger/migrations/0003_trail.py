"""The audit trail is found by officer, page, kind and time: indexes over audit leaves alone."""

import consent.ledger.trail
import consent.ledger.types
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent_ledger', '0002_pruning'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditLeaf',
            fields=[
            ],
            options={
                'verbose_name': 'audit trail',
                'verbose_name_plural': 'audit trail',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('consent_ledger.leaf',),
        ),
        migrations.AddIndex(
            model_name='leaf',
            index=models.Index(models.OrderBy(models.F('index'), descending=True), condition=models.Q(('stream', consent.ledger.types.Stream['AUDIT'])), name='leaf_trail'),
        ),
        migrations.AddIndex(
            model_name='leaf',
            index=models.Index(models.F('kind'), models.OrderBy(models.F('index'), descending=True), condition=models.Q(('stream', consent.ledger.types.Stream['AUDIT'])), name='leaf_trail_kind'),
        ),
        migrations.AddIndex(
            model_name='leaf',
            index=models.Index(models.F('recorded_at'), condition=models.Q(('stream', consent.ledger.types.Stream['AUDIT'])), name='leaf_trail_time'),
        ),
        migrations.AddIndex(
            model_name='leaf',
            index=models.Index(consent.ledger.trail.ToldOfficer('envelope'), models.OrderBy(models.F('index'), descending=True), condition=models.Q(('stream', consent.ledger.types.Stream['AUDIT']), models.Q(('envelope', b''), _negated=True)), name='leaf_trail_officer'),
        ),
        migrations.AddIndex(
            model_name='leaf',
            index=models.Index(consent.ledger.trail.ToldPage('envelope'), models.OrderBy(models.F('index'), descending=True), condition=models.Q(('stream', consent.ledger.types.Stream['AUDIT']), models.Q(('envelope', b''), _negated=True)), name='leaf_trail_page'),
        ),
    ]
