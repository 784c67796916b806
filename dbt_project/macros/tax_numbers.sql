{# The digits of a tax number as written, without the КПП that people add behind a slash. #}
{% macro tax_number_digits(written) -%}
    nullif(
        regexp_replace(regexp_replace({{ written }}, '(/|кпп).*$', '', 'i'), '\D', '', 'g'), ''
    )
{%- endmacro %}

{# Who pays, by tax number: `tax:<country>:<number>`. Null when a check digit is wrong, for a wrong
   number may be anybody's: it connects nothing, and stays visible as `tax_number`. Ten digits are
   a Ukrainian person's at home in Ukraine and a Russian company's elsewhere; of twelve, the home
   country's rule is tried first. #}
{% macro tax_customer_id(digits, country=var('home_country')) -%}
    case
        when {{ digits }} !~ '^(\d{8}|\d{10}|\d{12})$' or {{ digits }} ~ '^0+$' then null
        when length({{ digits }}) = 8
            then case when {{ is_ukrainian_company(digits) }} then 'tax:UA:' || {{ digits }} end
        when length({{ digits }}) = 10
            then {% if country == 'UA' -%}
                case when {{ is_ukrainian_person(digits) }} then 'tax:UA:' || {{ digits }} end
            {%- else -%}
                case when {{ is_russian_company(digits) }} then 'tax:RU:' || {{ digits }} end
            {%- endif %}
        {%- if country == 'KZ' %}
        when {{ is_kazakh(digits) }} then 'tax:KZ:' || {{ digits }}
        {%- endif %}
        when {{ is_russian_person(digits) }} then 'tax:RU:' || {{ digits }}
        when {{ is_kazakh(digits) }} then 'tax:KZ:' || {{ digits }}
    end
{%- endmacro %}

{# ИНН of ten digits. #}
{% macro is_russian_company(digits) -%}
    {{ weighted_sum(digits, [2, 4, 10, 3, 5, 9, 4, 6, 8]) }} % 11 % 10 = {{ digit(digits, 10) }}
{%- endmacro %}

{# ИНН of twelve digits, the last two of which are checks. #}
{% macro is_russian_person(digits) -%}
    (
        {{ weighted_sum(digits, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) }} % 11 % 10
        = {{ digit(digits, 11) }}
        and {{ weighted_sum(digits, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) }} % 11 % 10
        = {{ digit(digits, 12) }}
    )
{%- endmacro %}

{# РНОКПП of ten digits. Of a negative sum Postgres leaves a negative rest, so 11 is added. #}
{% macro is_ukrainian_person(digits) -%}
    ({{ weighted_sum(digits, [-1, 5, 7, 9, 4, 6, 10, 5, 7]) }} + 11) % 11 % 10
    = {{ digit(digits, 10) }}
{%- endmacro %}

{# ЄДРПОУ: numbers from 30 to 60 million are weighted in another order. #}
{% macro is_ukrainian_company(digits) -%}
    case
        when {{ digits }} between '30000000' and '60000000'
            then {{ rest_of_two(digits, [7, 1, 2, 3, 4, 5, 6], [9, 3, 4, 5, 6, 7, 8]) }} % 10
        else {{ rest_of_two(digits, [1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7, 8, 9]) }} % 10
    end = {{ digit(digits, 8) }}
{%- endmacro %}

{# БИН and ИИН: year, month, then a day, or from 4 the kind of a company. #}
{% macro is_kazakh(digits) -%}
    (
        {{ digits }} ~ '^\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]|[4-6]\d)'
        and {{ rest_of_two(
            digits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]
        ) }} = {{ digit(digits, 12) }}
    )
{%- endmacro %}

{# The rest by 11, with the second weights where the first leave 10. #}
{% macro rest_of_two(digits, weights, second_weights) -%}
    case {{ weighted_sum(digits, weights) }} % 11
        when 10 then {{ weighted_sum(digits, second_weights) }} % 11
        else {{ weighted_sum(digits, weights) }} % 11
    end
{%- endmacro %}

{% macro weighted_sum(digits, weights) -%}
    (
        {%- for weight in weights -%}
        {{ " + " if not loop.first }}{{ weight }} * {{ digit(digits, loop.index) }}
        {%- endfor -%}
    )
{%- endmacro %}

{% macro digit(digits, place) -%}
    (ascii(substr({{ digits }}, {{ place }}, 1)) - 48)
{%- endmacro %}
