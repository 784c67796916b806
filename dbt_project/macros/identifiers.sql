{# E.164 as far as digits alone can tell: national numbers of the default country get its
   prefix, anything that cannot be a phone becomes null and joins nobody. #}
{% macro normalised_phone(phone) -%}
    {%- set prefix = var("phone_country_prefix") -%}
    {%- set digits = "regexp_replace(" ~ phone ~ ", '\\D', '', 'g')" -%}
    case
        when length({{ digits }}) = 11 and left({{ digits }}, 1) = '8' and '{{ prefix }}' = '7'
            then '+7' || substr({{ digits }}, 2)
        -- Ten digits from 79 or 89 are a mobile number that lost one, not a number of ten digits.
        when length({{ digits }}) = 10 and not ({{ digits }} ~ '^[78]9' and '{{ prefix }}' = '7')
            then '+{{ prefix }}' || {{ digits }}
        when length({{ digits }}) between 11 and 15
            then '+' || {{ digits }}
    end
{%- endmacro %}

{% macro normalised_email(email) -%}
    case when {{ email }} like '%_@_%._%' then lower(trim({{ email }})) end
{%- endmacro %}

{# Invoice numbers as people write them: "0000-000123", "№ 123", "123" are one number. #}
{% macro normalised_invoice_number(number) -%}
    nullif(ltrim(regexp_replace({{ number }}, '^.*\D(?=\d+\s*$)', ''), '0 '), '')
{%- endmacro %}
