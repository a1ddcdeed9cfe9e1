"""``{% load entry_tags %}``: the form token."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tongban.channels.idempotency import FIELD, new_form_token

register = template.Library()


@register.simple_tag
def form_token() -> SafeString:
    """Return the hidden field with a fresh token; one for each form that ends in a verb."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_form_token())
