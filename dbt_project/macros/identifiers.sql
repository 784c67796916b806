{# All addresses of a field: text[]. What surrounds them ("mailto:", brackets, a full stop) is none
   of them. #}
{% macro normalised_emails(written) -%}
    array(
        select distinct address.parts[1]
        from regexp_matches(
            lower({{ written }}),
            '[^\s@<>()\[\],;:"/]+@[^\s@<>()\[\],;:"/.]+(?:\.[^\s@<>()\[\],;:"/.]+)+',
            'g'
        ) as address (parts)
        order by address.parts[1]
    )
{%- endmacro %}

{# The first address of a field, or null. #}
{% macro normalised_email(written) -%}
    ({{ normalised_emails(written) }})[1]
{%- endmacro %}

{# An account of a messenger: "@Ivan" and "https://t.me/ivan" are one. Names of two messengers are
   two. #}
{% macro normalised_messenger_id(messenger, written) -%}
    nullif(
        lower({{ messenger }}) || ':' || lower(
            regexp_replace(trim({{ written }}), '^(https?://)?(t\.me/|wa\.me/)?@?', '', 'i')
        ),
        lower({{ messenger }}) || ':'
    )
{%- endmacro %}

{# An identifier as a log may show it: enough to recognise, too little to use. #}
{% macro masked(value) -%}
    (
        left({{ value }}, least(4, length({{ value }}) / 4))
        || '…'
        || right({{ value }}, least(2, length({{ value }}) / 4))
    )
{%- endmacro %}

{# Invoice numbers as people write them: "0000-000123", "№ 123", "123" are one number. #}
{% macro normalised_invoice_number(number) -%}
    nullif(ltrim(regexp_replace({{ number }}, '^.*\D(?=\d+\s*$)', ''), '0 '), '')
{%- endmacro %}
