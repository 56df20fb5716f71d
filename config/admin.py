"""The admin's own pages of accounts and roles, in the place of Django's."""

import django.contrib.auth.admin  # noqa: F401 - registers its pages, which ours take the place of
from django.contrib import admin
from django.contrib.auth.models import Group, User

from config.roles.users import GroupAdmin, UserAdmin

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.register(User, UserAdmin)
admin.site.register(Group, GroupAdmin)
