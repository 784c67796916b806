{# Phones as people write them, as E.164. `home_country` says how a number without a plus is
   dialled: Russia and Kazakhstan share +7, Ukraine is +380. Of other countries nothing but the
   length is known here, so an impossible number abroad is taken for one, and a trunk zero after its
   country code stays. Letters are no digits: 8-800-ПОЗВОНИ is no number. #}
{% macro phone_region(country) %}
    {%- set regions = {
        "RU": {"country_code": "7", "trunk": "8", "abroad": "810|00"},
        "KZ": {"country_code": "7", "trunk": "8", "abroad": "810|00"},
        "UA": {"country_code": "380", "trunk": "8?0", "abroad": "00"},
    } -%}
    {{ return(regions[country]) }}
{% endmacro %}

{# National numbers by country code, as far as their first digits tell. Ten digits from 79 or 89 are
   a mobile number that lost one. #}
{% macro national_numbers(country_code) %}
    {{ return({
        "7": "[349]\\d{9}|7[0-8]\\d{8}|8[0-8]\\d{8}",
        "380": "[3-9]\\d{8}|[89]00\\d{7}",
    }[country_code]) }}
{% endmacro %}

{# All numbers of a field, in its order: text[]. Words, commas and slashes part them, and so do
   a plus, a bracket after 7 or 8, and spaces when the whole is no number. What is too short for
   a number (an extension, an internal one) falls away by that. #}
{% macro normalised_phones(written, country=var('home_country')) -%}
    array(
        select found.phone
        from
            regexp_split_to_table(
                {{ written }}, '[^0-9+() \t\u00a0.~–—-]+|(?=\+)|\s+(?=[78]\s?\()'
            ) with ordinality as part (written, place)
        cross join lateral (select {{ e164('part.written', country) }} as phone offset 0) as whole
        cross join lateral (
            select whole.phone where whole.phone is not null
            union all
            select {{ e164('word.written', country) }}
            from regexp_split_to_table(part.written, '\s+') as word (written)
            where whole.phone is null
        ) as found
        where found.phone is not null
        group by found.phone
        order by min(part.place)
    )
{%- endmacro %}

{# The first number of a field, or null. #}
{% macro normalised_phone(written) -%}
    ({{ normalised_phones(written) }})[1]
{%- endmacro %}

{# One number, written somehow, as E.164; null when it cannot be one. Behind `offset 0` Postgres
   computes a thing once, not wherever it is named: that makes a field three times faster. #}
{% macro e164(written, country) -%}
    {%- set region = phone_region(country) -%}
    {%- set national = national_numbers(region.country_code) -%}
    (
        select
            case
                when dialled.number like '7%'
                    then '+7' || substring(
                        dialled.number from '^78?({{ national_numbers("7") }})$'
                    )
                when dialled.number like '380%'
                    then '+380' || substring(
                        dialled.number from '^3800?({{ national_numbers("380") }})$'
                    )
                when dialled.number ~ '^[1-9]\d{7,14}$' then '+' || dialled.number
            end
        from (
            select
                case
                    -- No country has the code 89: who writes +8 9… means 8 9….
                    when typed.has_plus and typed.digits ~ '^89\d{9}$'
                        then '7' || substr(typed.digits, 2)
                    when typed.has_plus then typed.digits
                    when typed.digits ~ '^({{ region.abroad }})'
                        then regexp_replace(typed.digits, '^({{ region.abroad }})', '')
                    when typed.digits ~ '^({{ region.trunk }})?({{ national }})$'
                        then '{{ region.country_code }}' || substring(
                            typed.digits from '^(?:{{ region.trunk }})?({{ national }})$'
                        )
                    -- From abroad, its plus forgotten; what begins as a call at home is broken.
                    when
                        length(typed.digits) >= 11
                        and typed.digits !~ '^({{ region.trunk }})'
                        then typed.digits
                end as number
            from (
                select
                    regexp_replace({{ written }}, '\D', '', 'g') as digits,
                    {{ written }} ~ '^\s*\+' as has_plus
                offset 0
            ) as typed
            offset 0
        ) as dialled
    )
{%- endmacro %}
