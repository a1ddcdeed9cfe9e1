# Written by hand, but for the fields.

import django.db.models.deletion
from django.db import migrations, models


def number_what_was_told(apps, _schema_editor):
    """Turn the greatest id of a move that was told into the number of each paper's last one."""
    abroad = apps.get_model('cases', 'CaseAbroad')
    items = apps.get_model('delivery', 'CustodyItem')
    moves = apps.get_model('delivery', 'CustodyMove')
    papers = apps.get_model('cases', 'CasePaper')
    proposals = apps.get_model('cases', 'Proposal')
    for row in abroad.objects.exclude(told_seq=0):
        mine = row.told_move.rpartition('-')[0]
        for item in items.objects.filter(subject_kind='case', subject_id=row.case_id) if mine else ():
            told = moves.objects.filter(
                item_id=item.id, id__startswith=f'{mine}-', id__lte=row.told_move
            ).aggregate(last=models.Max('seq'))['last']
            if told is not None:
                row.told_papers[item.id] = told
        asked = proposals.objects.filter(
            case_id=row.case_id, verb='correct', answered_at__isnull=False, refused=''
        ).aggregate(last=models.Max('at'))['last']
        there = papers.objects.filter(case_id=row.case_id)
        if not row.ordered_here:
            there = there.filter(added_at__lte=asked or row.handed_at)
        row.told_files = sorted(there.values_list('id', flat=True))
        row.save(update_fields=['told_papers', 'told_files'])


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0003_abroad'),
        ('delivery', '0002_moves_are_final'),
        ('identity', '0003_erased_keys'),
        ('places', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PersonAbroad',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('node', models.CharField(max_length=64)),
                ('theirs', models.CharField(max_length=49)),
                ('agreed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Pointer',
            fields=[
                ('id', models.CharField(max_length=49, primary_key=True, serialize=False)),
                ('node', models.CharField(max_length=64)),
                ('number', models.CharField(max_length=64)),
                ('title', models.CharField(max_length=200)),
                ('title_en', models.CharField(max_length=300)),
                ('state', models.CharField(max_length=16)),
                ('outcome', models.CharField(max_length=16)),
                ('asked', models.BooleanField()),
                ('changed_at', models.DateTimeField()),
                ('told_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='caseabroad',
            name='erased_there_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='caseabroad',
            name='heard_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='caseabroad',
            name='told_files',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='caseabroad',
            name='told_papers',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='caseabroad',
            name='trouble_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='proposal',
            name='files',
            field=models.JSONField(default=list),
        ),
        migrations.RunPython(number_what_was_told, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='caseabroad',
            name='told_move',
        ),
        migrations.AddIndex(
            model_name='caseabroad',
            index=models.Index(condition=models.Q(('answered_at', None), models.Q(('refused', ''), ('trouble', ''), _negated=True), _connector='OR'), fields=['node', 'case'], name='case_abroad_open'),
        ),
        migrations.AddField(
            model_name='personabroad',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person'),
        ),
        migrations.AddField(
            model_name='pointer',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person'),
        ),
        migrations.AddField(
            model_name='pointer',
            name='place',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place'),
        ),
        migrations.AddConstraint(
            model_name='personabroad',
            constraint=models.UniqueConstraint(fields=('person', 'node'), name='person_abroad_once'),
        ),
        migrations.AddIndex(
            model_name='pointer',
            index=models.Index(fields=['person', 'state', 'id'], name='pointer_mine'),
        ),
    ]
