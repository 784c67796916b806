-- What customers answered when asked. A deal is named by its number in the CRM, by our key or by
-- its link; a number that two accounts have is nobody's.
with

surveys as (
    select * from {{ ref('stg_workbook__surveys') }}
),

deals as (
    select deal_id, manager_id, customer_id, deal_url from {{ ref('int_deals_with_exclusions') }}
),

names_of_deals as (
    select deal_id, deal_id as name from deals
    union
    select deal_id, split_part(deal_id, ':', 3) from deals
    union
    select deal_id, deal_url from deals
),

deals_asked_about as (
    select surveys.workbook_row_id, min(names_of_deals.deal_id) as deal_id
    from surveys
    inner join names_of_deals
        on rtrim(surveys.stated_deal, '/') = rtrim(names_of_deals.name, '/')
    group by surveys.workbook_row_id
    having count(distinct names_of_deals.deal_id) = 1
),

int_surveys as (
    select
        surveys.workbook_row_id as survey_id,
        surveys.survey_date,
        deals.deal_id,
        surveys.stated_deal,
        deals.customer_id,
        coalesce(deals.manager_id, 'unassigned') as manager_id,
        surveys.survey_score,
        surveys.comment_text,
        surveys.sheet_name,
        surveys.row_number,
        false as is_deleted
    from surveys
    left join deals_asked_about
        on surveys.workbook_row_id = deals_asked_about.workbook_row_id
    left join deals
        on deals_asked_about.deal_id = deals.deal_id
)

select * from int_surveys
