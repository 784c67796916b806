{# The ranks a sales stage may have, in the order a deal climbs them. Lost has no rank. #}
{% macro stage_ranks() %}
    {{ return([
        'new', 'contacted', 'qualified', 'proposal_sent', 'negotiation', 'contract', 'invoice_sent',
        'won',
    ]) }}
{% endmacro %}

{# A rank as a number, so that "ever reached" is a comparison. #}
{% macro rank_number(stage_rank) %}{{ return(stage_ranks().index(stage_rank) + 1) }}{% endmacro %}
