"""Every word of the pages and the workbook, in the languages of COMPANY_LOCALE.

A code of a mart that has no word here is shown as it is.
"""

# ruff: noqa: E501
from __future__ import annotations

from typing import Literal

Locale = Literal["ru", "uk", "en"]
LOCALES: tuple[Locale, ...] = ("ru", "uk", "en")
CURRENCY_SIGNS = {
    "RUB": "₽",
    "UAH": "₴",
    "USD": "$",
    "EUR": "€",
    "KZT": "₸",
    "BYN": "Br",
    "BRL": "R$",
}

WORDS: dict[str, tuple[str, str, str]] = {
    "months": (
        "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
        "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
        "January February March April May June July August September October November December",
    ),
    "months_short": (
        "янв фев мар апр май июн июл авг сен окт ноя дек",
        "січ лют бер кві тра чер лип сер вер жов лис гру",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    ),
    "weekdays": ("Пн Вт Ср Чт Пт Сб Вс", "Пн Вт Ср Чт Пт Сб Нд", "Mon Tue Wed Thu Fri Sat Sun"),
    "millions": ("млн", "млн", "m"),
    "thousands": ("тыс.", "тис.", "k"),
    "points": ("п.п.", "в.п.", "pp"),
    "unit_minutes": ("мин", "хв", "min"),
    "unit_hours": ("ч", "год", "h"),
    "unit_days": ("дн.", "дн.", "d"),
    # Pages
    "director_page": ("Страница директора", "Сторінка директора", "Director's page"),
    "sales_head_page": (
        "Страница руководителя продаж",
        "Сторінка керівника продажів",
        "Sales head's page",
    ),
    "reports_in_excel": ("Отчёты в Excel", "Звіти в Excel", "Reports in Excel"),
    "reports": ("Отчёты", "Звіти", "Reports"),
    "as_of": ("Цифры на", "Цифри на", "Numbers as of"),
    "written_at": ("страница записана", "сторінку записано", "page written"),
    "no_data": (
        "Данных пока нет: загрузка ещё не прошла.",
        "Даних поки немає: завантаження ще не відбулося.",
        "No data yet: nothing has been loaded.",
    ),
    "compared": (
        "Сравнение — с тем же числом рабочих дней прошлого месяца и того же месяца год назад.",
        "Порівняння — з такою ж кількістю робочих днів минулого місяця і того ж місяця рік тому.",
        "Compared with the same number of business days of the month before and of the same month a year ago.",
    ),
    "previous": ("прошлый месяц", "минулий місяць", "last month"),
    "year_ago": ("год назад", "рік тому", "a year ago"),
    "thirteen_months": ("Тринадцать месяцев", "Тринадцять місяців", "Thirteen months"),
    "chart_note": (
        "Светлый столбец — текущий, неполный месяц; черта — тот же месяц год назад (у неполного — за столько же рабочих дней).",
        "Світлий стовпець — поточний, неповний місяць; риска — той самий місяць рік тому (у неповного — за стільки ж робочих днів).",
        "The light bar is the running, incomplete month; the mark is the same month a year ago (of the running one, as many business days).",
    ),
    "bridge": ("Почему цифры расходятся", "Чому цифри розходяться", "Why the numbers differ"),
    "bridge_note": (
        "Путь от обращений к платежам за текущий месяц; под каждым числом — что прибавилось и убыло на пути к нему.",
        "Шлях від звернень до платежів за поточний місяць; під кожним числом — що додалося й відпало на шляху до нього.",
        "From enquiries to payments in the running month; under each number, what was added and taken away on the way to it.",
    ),
    "data_age": ("Свежесть данных", "Свіжість даних", "Age of the data"),
    "ago": ("назад", "тому", "ago"),
    "unmatched_hint": (
        "Платежей, для которых не нашлась сделка, в этом месяце",
        "Платежів, для яких не знайшлася угода, цього місяця",
        "Payments of this month for which no deal was found",
    ),
    "meanings": ("Что значат показатели", "Що означають показники", "What the measures mean"),
    "managers": ("Менеджеры", "Менеджери", "Managers"),
    "managers_note": (
        "Лиды — по дню создания; продажи и выручка — по дню денег. «Было» — те же рабочие дни прошлого месяца. «Лид → КП» и «Лид → оплата» — какая доля лидов, созданных в месяце, уже дошла до коммерческого предложения и до денег; зелёное выше компании, красное ниже. Свежие лиды ещё не успели заплатить, поэтому прошлый месяц показательнее.",
        "Ліди — за днем створення; продажі та виручка — за днем грошей. «Було» — ті самі робочі дні минулого місяця. «Лід → КП» і «Лід → оплата» — яка частка лідів, створених у місяці, вже дійшла до комерційної пропозиції та до грошей; зелене вище за компанію, червоне нижче. Свіжі ліди ще не встигли заплатити, тому минулий місяць показовіший.",
        "Leads by the day they were created, sales and revenue by the day of the money. “Was” is the same business days of the month before. “Lead → proposal” and “Lead → paid”: which share of the leads created in the month has come to a proposal and to money so far; green is above the company, red below. Fresh leads had no time to pay, so last month tells more.",
    ),
    "response_note": (
        "«Ответ» — сколько рабочих минут лид ждал первого контакта: половина лидов ждала не дольше. Прочерк — больше половины ещё ждут. «Скидка от прайса» — насколько дешевле прайса того дня отгружено за месяц. «Нагрузка» — открытые сделки (их число — мелко) к посильному для одного человека числу.",
        "«Відповідь» — скільки робочих хвилин лід чекав на перший контакт: половина лідів чекала не довше. Риска — більше половини ще чекають. «Знижка від прайсу» — наскільки дешевше прайсу того дня відвантажено за місяць. «Навантаження» — відкриті угоди (їхня кількість — дрібно) до посильної для однієї людини кількості.",
        "“Response”: business minutes until the first contact, the middle lead; a dash when more than half still wait. “Off the list price”: how much below that day's list the month's goods were shipped. “Load”: open deals (their number in small print) beside as many as one person can look after.",
    ),
    "company": ("Компания", "Компанія", "Company"),
    "was": ("было", "було", "was"),
    "manager_name": ("Менеджер", "Менеджер", "Manager"),
    "leads_count": ("Лиды", "Ліди", "Leads"),
    "proposals_count": ("Отправлено КП", "Надіслано КП", "Proposals sent"),
    "sales_count": ("Продажи", "Продажі", "Sales"),
    "revenue_amount": ("Выручка", "Виручка", "Revenue"),
    "margin_amount": ("Маржа", "Маржа", "Margin"),
    "discount_share": ("Скидка от прайса", "Знижка від прайсу", "Off the list price"),
    "lead_to_proposal_share": ("Лид → КП", "Лід → КП", "Lead → proposal"),
    "lead_to_paid_share": ("Лид → оплата", "Лід → оплата", "Lead → paid"),
    "average_check_amount": ("Средний чек", "Середній чек", "Average check"),
    "response": ("Ответ", "Відповідь", "Response"),
    "load": ("Нагрузка", "Навантаження", "Load"),
    "no_department": ("Без отдела", "Без відділу", "No department"),
    "funnel": ("Воронка по этапам", "Воронка за етапами", "Funnel by stage"),
    "funnel_note": (
        "Сделки по месяцу создания: сколько дошло до этапа, какая доля пошла дальше, сколько дней обычно стоят (медиана), сколько и на какую сумму потеряно на этапе. Кто дошёл до более высокого этапа, считается прошедшим и этот.",
        "Угоди за місяцем створення: скільки дійшло до етапу, яка частка пішла далі, скільки днів зазвичай стоять (медіана), скільки й на яку суму втрачено на етапі. Хто дійшов вище, вважається таким, що дійшов.",
        "Deals by the month they were created: how many reached the stage, which share went on, how many days they usually stay (median), how many were lost there and for how much. Who got higher counts as having reached it.",
    ),
    "stage": ("Этап", "Етап", "Stage"),
    "reached": ("Дошло", "Дійшло", "Reached"),
    "gone_on": ("Пошло дальше", "Пішло далі", "Went on"),
    "stay_days": ("Стоят, дн.", "Стоять, дн.", "Stay, days"),
    "lost": ("Потеряно", "Втрачено", "Lost"),
    "lost_amount": ("Потеряно, сумма", "Втрачено, сума", "Amount lost"),
    "reached_chart": (
        "Сколько сделок дошло",
        "Скільки угод дійшло",
        "Deals that reached the stage",
    ),
    "lost_chart": ("На какую сумму потеряно", "На яку суму втрачено", "Money lost"),
    "waits": ("Что ждёт сейчас", "Що чекає зараз", "What waits now"),
    "overdue": ("С просроченной задачей", "Із простроченим завданням", "With an overdue task"),
    "without_task": ("Без задачи", "Без завдання", "Without a task"),
    "stuck": ("Застряли на этапе", "Застрягли на етапі", "Stuck in the stage"),
    "waits_note": (
        "Только открытые сделки, сначала крупные; одна сделка может быть в нескольких списках. «Застряла» — стоит на этапе дольше, чем там обычно стоят.",
        "Лише відкриті угоди, спочатку великі; одна угода може бути в кількох списках. «Застрягла» — стоїть на етапі довше, ніж там зазвичай стоять.",
        "Open deals only, the largest first; a deal may stand in several lists. Stuck: longer in the stage than is usual there.",
    ),
    "deal": ("Сделка", "Угода", "Deal"),
    "customer": ("Покупатель", "Покупець", "Customer"),
    "budget": ("Бюджет", "Бюджет", "Budget"),
    "on_stage_days": ("На этапе, дн.", "На етапі, дн.", "In stage, days"),
    "usual_days": ("обычно до", "зазвичай до", "usually up to"),
    "and_more": ("Показать ещё", "Показати ще", "Show more:"),
    "losses": ("Причины потерь", "Причини втрат", "Loss reasons"),
    "losses_note": (
        "Сделки, проигранные в текущем месяце. Первыми — без указанной причины: о них и стоит спросить.",
        "Угоди, програні в поточному місяці. Першими — без указаної причини: про них і варто запитати.",
        "Deals lost in the running month. Those without a reason come first: they are the ones to ask about.",
    ),
    "reason": ("Причина", "Причина", "Reason"),
    "deals": ("Сделок", "Угод", "Deals"),
    "amount": ("Сумма", "Сума", "Amount"),
    "contacts": (
        "Окупается ли ранний разговор",
        "Чи окупається рання розмова",
        "Does an early conversation pay",
    ),
    "contacts_note": (
        "Доля выигранных среди лидов последнего года по числу разговоров в первые дни. Полоса — интервал, в котором настоящая доля лежит с вероятностью 95 %: чем меньше лидов, тем он шире. Где полосы перекрываются, разница может быть случайной. Это совпадение, а не доказанная причина.",
        "Частка виграних серед лідів останнього року за кількістю розмов у перші дні. Смуга — інтервал, у якому справжня частка лежить з імовірністю 95 %: що менше лідів, то він ширший. Де смуги перекриваються, різниця може бути випадковою. Це збіг, а не доведена причина.",
        "The share won of last year's leads by the number of conversations in their first days. The band is the 95 % interval: the fewer leads, the wider. Where bands overlap, the difference may be chance. It goes together; it is no proof of a cause.",
    ),
    "conversations": ("Разговоров", "Розмов", "Conversations"),
    "three_more": ("3 и больше", "3 і більше", "3 or more"),
    "won_of": ("выиграно из", "виграно з", "won of"),
    "hours": ("Когда берут трубку", "Коли беруть слухавку", "When people answer"),
    "hours_note": (
        "Доля наших звонков, на которые ответили, по дню недели и часу. Темнее — отвечают чаще; точка — звонков мало, судить рано.",
        "Частка наших дзвінків, на які відповіли, за днем тижня і годиною. Темніше — відповідають частіше; крапка — дзвінків мало, судити рано.",
        "Share of our calls that somebody took, by weekday and hour. Darker is more often; a dot means too few calls to say.",
    ),
    "events": ("Последние события", "Останні події", "Last events"),
    "last_month": ("Прошлый месяц целиком", "Минулий місяць повністю", "The whole month before"),
    # Bridge
    "enquiries": ("обращения", "звернення", "enquiries"),
    "leads": ("лиды", "ліди", "leads"),
    "leads_as_sales_counts_them": (
        "лиды, как их считает отдел продаж",
        "ліди, як їх рахує відділ продажів",
        "leads as sales counts them",
    ),
    "won_deals": ("выигранные сделки", "виграні угоди", "won deals"),
    "sales": ("продажи", "продажі", "sales"),
    "payments": ("платежи", "платежі", "payments"),
    "deleted_in_crm": ("удалены в CRM", "видалені в CRM", "deleted in the CRM"),
    "test": ("тестовые", "тестові", "tests"),
    "own_employee": ("свои сотрудники", "свої співробітники", "own employees"),
    "spam": ("спам", "спам", "spam"),
    "not_a_buyer": ("не покупатели", "не покупці", "not buyers"),
    "joined_to_earlier_lead": (
        "продолжают более ранний лид",
        "продовжують раніший лід",
        "continue an earlier lead",
    ),
    "not_worked_by_human": (
        "человек не обработал",
        "людина не опрацювала",
        "nobody worked on them",
    ),
    "unassigned": ("без ответственного", "без відповідального", "nobody responsible"),
    "not_won": ("не выиграны", "не виграні", "not won"),
    "further_won_deal": (
        "ещё одна сделка того же лида",
        "ще одна угода того ж ліда",
        "a further deal of the same lead",
    ),
    "won_in_another_period": (
        "выиграны в другом месяце",
        "виграні в іншому місяці",
        "won in another month",
    ),
    "won_here_from_lead_of_another_period": (
        "выиграны здесь, лид другого месяца",
        "виграні тут, лід іншого місяця",
        "won here from a lead of another month",
    ),
    "won_without_inbound_lead": (
        "выиграны без входящего лида",
        "виграні без вхідного ліда",
        "won without an inbound lead",
    ),
    "shares_first_payment_with_another_deal": (
        "первый платёж общий с другой сделкой",
        "перший платіж спільний з іншою угодою",
        "first payment shared with another deal",
    ),
    "won_without_money": ("выиграны, денег нет", "виграні, грошей немає", "won, no money"),
    "first_paid_in_another_period": (
        "первая оплата в другом месяце",
        "перша оплата в іншому місяці",
        "first paid in another month",
    ),
    "first_paid_here_won_elsewhere_or_not_won": (
        "первая оплата здесь, выиграны не здесь",
        "перша оплата тут, виграні не тут",
        "first paid here, not won here",
    ),
    "first_payment_of_deal_refunded_in_full": (
        "вернувшийся полностью первый платёж",
        "повністю повернутий перший платіж",
        "first payments refunded in full",
    ),
    "further_payment": (
        "не первые платежи по сделке",
        "не перші платежі за угодою",
        "further payments of a deal",
    ),
    "refund": ("возвраты", "повернення", "refunds"),
    "payment_without_deal": ("платежи без сделки", "платежі без угоди", "payments without a deal"),
    # Sources
    "amocrm": ("amoCRM", "amoCRM", "amoCRM"),
    "bitrix24": ("Битрикс24", "Бітрікс24", "Bitrix24"),
    "onec": ("1С", "1С", "1C"),
    "zadarma": ("Zadarma", "Zadarma", "Zadarma"),
    "mango": ("Манго Офис", "Mango Office", "Mango Office"),
    "yandex_direct": ("Яндекс Директ", "Яндекс Директ", "Yandex Direct"),
    "workbook": ("Книга планов и затрат", "Книга планів і витрат", "Workbook of plans and costs"),
    "exports": ("Выгрузки компании", "Вивантаження компанії", "Company's exports"),
    # Kinds of events and calls
    "lead_created": ("новый лид", "новий лід", "new lead"),
    "stage_entered": ("этап", "етап", "stage"),
    "call_made": ("звонок от нас", "дзвінок від нас", "call made"),
    "call_answered": ("приняли звонок", "прийняли дзвінок", "call answered"),
    "call_missed": ("пропущен звонок", "пропущено дзвінок", "call missed"),
    "message": ("сообщение", "повідомлення", "message"),
    "note": ("заметка", "нотатка", "note"),
    "task_done": ("задача выполнена", "завдання виконано", "task done"),
    "paid": ("оплата", "оплата", "payment"),
    "refunded": ("возврат", "повернення", "refund"),
    "new": ("новый покупатель", "новий покупець", "new customer"),
    "repeat": ("уже платил", "уже платив", "has paid before"),
    "in": ("входящий", "вхідний", "in"),
    "out": ("исходящий", "вихідний", "out"),
    "internal": ("внутренний", "внутрішній", "internal"),
    "(blank)": ("(не указано)", "(не вказано)", "(not given)"),
    "(unmatched)": ("(нет правила)", "(немає правила)", "(no rule)"),
    "(no deal)": ("(без сделки)", "(без угоди)", "(no deal)"),
    "yes": ("да", "так", "yes"),
    "no": ("нет", "ні", "no"),
    # Sheets of the workbook
    "sheet_overview": ("Обзор", "Огляд", "Overview"),
    "sheet_sales_analysis": ("Анализ продаж", "Аналіз продажів", "Sales analysis"),
    "sheet_consolidated": ("Сводный", "Зведений", "Consolidated"),
    "sheet_employees_daily": ("Сотрудники по дням", "Співробітники за днями", "Employees by day"),
    "sheet_event_feed": ("Лента событий", "Стрічка подій", "Event feed"),
    "sheet_calls_daily": ("Звонки по дням", "Дзвінки за днями", "Calls by day"),
    "sheet_calls": ("Звонки", "Дзвінки", "Calls"),
    "goals": ("План и факт", "План і факт", "Plan and fact"),
    "goals_note": (
        "Темп — факт рядом с частью плана за прошедшие рабочие дни: 100 % — ровно по плану.",
        "Темп — факт поруч із частиною плану за минулі робочі дні: 100 % — точно за планом.",
        "Pace is the fact beside the part of the plan due by now: 100 % is just in time.",
    ),
    "goals_of_managers": ("По менеджерам", "За менеджерами", "By manager"),
    "goal_scope": ("Чья цель", "Чия ціль", "Whose goal"),
    "department": ("отдел", "відділ", "department"),
    "manager": ("менеджер", "менеджер", "manager"),
    "measure": ("Показатель", "Показник", "Measure"),
    "plan_amount": ("План", "План", "Plan"),
    "fact_amount": ("Факт", "Факт", "Fact"),
    "plan_done_ratio": ("Выполнено", "Виконано", "Done"),
    "pace_ratio": ("Темп", "Темп", "Pace"),
    "sheet_goals": ("Цели", "Цілі", "Goals"),
    "chart_stages": (
        "Дошло до этапа и потеряно на нём, прошлый месяц",
        "Дійшло до етапу і втрачено на ньому, минулий місяць",
        "Reached the stage and lost there, last month",
    ),
    "chart_calls": ("Звонки по дням", "Дзвінки за днями", "Calls by day"),
    "chart_acts": (
        "Действия сотрудников по дням",
        "Дії співробітників за днями",
        "Acts of employees by day",
    ),
    "chart_events": ("События по видам", "Події за видами", "Events by kind"),
    "chart_consolidated": (
        "Сделки в этапах, последние 13 месяцев",
        "Угоди в етапах, останні 13 місяців",
        "Deals by stage, last 13 months",
    ),
    # Columns of the workbook
    "month_start": ("Месяц", "Місяць", "Month"),
    "metric_date": ("День", "День", "Day"),
    "department_name": ("Отдел", "Відділ", "Department"),
    "pipeline_name": ("Воронка", "Воронка", "Pipeline"),
    "rank_number": ("№ этапа", "№ етапу", "Stage no."),
    "stage_name": ("Этап", "Етап", "Stage"),
    "first_reached_deals_count": ("Вошло в воронку", "Увійшло у воронку", "Entered the pipeline"),
    "reached_deals_count": ("Дошло до этапа", "Дійшло до етапу", "Reached the stage"),
    "gone_on_deals_count": ("Пошло дальше", "Пішло далі", "Went on"),
    "strict_order_deals_count": (
        "Прошли все этапы подряд",
        "Пройшли всі етапи поспіль",
        "Passed every stage",
    ),
    "stage_reached_share": ("Дошло, доля", "Дійшло, частка", "Reached, share"),
    "stage_gone_on_share": ("Дальше, доля", "Далі, частка", "Went on, share"),
    "company_stage_gone_on_share": ("Дальше, компания", "Далі, компанія", "Went on, company"),
    "lost_in_stage_count": ("Потеряно сделок", "Втрачено угод", "Deals lost"),
    "lost_in_stage_amount": ("Потеряно, сумма", "Втрачено, сума", "Amount lost"),
    "stage_stay_median_days": (
        "Стоят, дней (медиана)",
        "Стоять, днів (медіана)",
        "Stay, days (median)",
    ),
    "company_stage_stay_median_days": ("Стоят, компания", "Стоять, компанія", "Stay, company"),
    "deals_in_stage_count": ("Сделок в этапе", "Угод в етапі", "Deals in stage"),
    "deals_in_stage_amount": ("Сумма в этапе", "Сума в етапі", "Amount in stage"),
    "deals_in_stage_share": (
        "Доля сделок менеджера",
        "Частка угод менеджера",
        "Share of the manager's deals",
    ),
    "is_business_day": ("Рабочий день", "Робочий день", "Business day"),
    "acts_count": ("Действий", "Дій", "Acts"),
    "first_act_at": ("Первое действие", "Перша дія", "First act"),
    "last_act_at": ("Последнее действие", "Остання дія", "Last act"),
    "longest_gap_minutes": (
        "Самый долгий перерыв, мин",
        "Найдовша перерва, хв",
        "Longest gap, min",
    ),
    "messages_count": ("Сообщений", "Повідомлень", "Messages"),
    "stage_moves_count": ("Переводов по этапам", "Переведень етапами", "Stage moves"),
    "calls_count": ("Звонков", "Дзвінків", "Calls"),
    "effective_calls_count": (
        "Состоявшихся разговоров",
        "Розмов, що відбулися",
        "Real conversations",
    ),
    "missed_calls_count": ("Пропущено", "Пропущено", "Missed"),
    "lost_calls_count": (
        "Не перезвонили вовремя",
        "Не передзвонили вчасно",
        "Not called back in time",
    ),
    "inbound_talk_minutes": ("Разговор входящий, мин", "Розмова вхідна, хв", "Talk in, min"),
    "outbound_talk_minutes": ("Разговор исходящий, мин", "Розмова вихідна, хв", "Talk out, min"),
    "callback_median_minutes": (
        "Перезвонили через, мин (медиана)",
        "Передзвонили через, хв (медіана)",
        "Called back after, min (median)",
    ),
    "tasks_done_count": ("Задач выполнено", "Завдань виконано", "Tasks done"),
    "tasks_late_count": ("Из них с опозданием", "З них із запізненням", "Of them late"),
    "won_deals_count": ("Выиграно сделок", "Виграно угод", "Deals won"),
    "lost_deals_count": ("Проиграно сделок", "Програно угод", "Deals lost, by day"),
    "payments_count": ("Платежей", "Платежів", "Payments"),
    "open_deals_count": ("Открытых сделок", "Відкритих угод", "Open deals"),
    "happened_at": ("Когда", "Коли", "When"),
    "event_kind": ("Событие", "Подія", "Event"),
    "event_subject": ("О чём", "Про що", "About"),
    "event_amount": ("Сумма", "Сума", "Amount"),
    "channel": ("Канал", "Канал", "Channel"),
    "customer_name": ("Покупатель", "Покупець", "Customer"),
    "deal_name": ("Сделка", "Угода", "Deal"),
    "deal_url": ("Сделка в CRM", "Угода в CRM", "Deal in the CRM"),
    "started_at": ("Начало", "Початок", "Began"),
    "call_direction": ("Направление", "Напрямок", "Direction"),
    "person_name": ("Кто", "Хто", "Who"),
    "phone": ("Телефон", "Телефон", "Phone"),
    "called_number": ("Наш номер", "Наш номер", "Our number"),
    "is_answered": ("Ответили", "Відповіли", "Answered"),
    "is_effective": ("Разговор состоялся", "Розмова відбулася", "Real conversation"),
    "call_seconds": ("Разговор, с", "Розмова, с", "Talk, s"),
    "wait_seconds": ("Ожидание, с", "Очікування, с", "Rang, s"),
    "is_lost": ("Не перезвонили", "Не передзвонили", "Not called back"),
    "callback_minutes": (
        "Перезвонили через, мин",
        "Передзвонили через, хв",
        "Called back after, min",
    ),
    "recording_url": ("Запись", "Запис", "Recording"),
}

KPIS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "revenue_amount": (
        (
            "Виручка",
            "Гроші від покупців за проведеними документами обліку, за вирахуванням повернень",
        ),
        ("Revenue", "Money from customers by posted documents, net of refunds"),
    ),
    "margin_amount": (
        (
            "Маржа",
            "Відвантажено за вирахуванням собівартості, без ПДВ; відвантаження без собівартості не входять",
        ),
        (
            "Margin",
            "What was shipped less its cost, without VAT; shipments without a cost are left out",
        ),
    ),
    "sales_count": (
        ("Продажі", "Угоди, за якими надійшли перші гроші"),
        ("Sales", "Deals for which the first money came"),
    ),
    "average_check_amount": (
        ("Середній чек", "Гроші за угодами з першою оплатою в періоді, на одну таку угоду"),
        ("Average check", "Money of the deals first paid in the period, for each of them"),
    ),
    "leads_count": (
        ("Ліди", "Наміри купити: одна людина, одна потреба, хоч скільки разів вона звернулася"),
        ("Leads", "Intents to buy: one person, one need, however often they asked"),
    ),
    "new_leads_count": (
        ("Нові ліди", "Ліди покупців, які раніше не платили"),
        ("New leads", "Leads of customers who had never paid before"),
    ),
    "lead_to_paid_by_period_end_share": (
        (
            "Лід → оплата",
            "Частка лідів періоду, що заплатили до його кінця: так свіжі ліди порівнянні з колишніми",
        ),
        (
            "Lead → paid",
            "Share of the period's leads that paid before its end: so fresh leads compare with earlier ones",
        ),
    ),
    "won_deals_count": (
        ("Виграно угод", "Угоди, що ввійшли в етап успіху"),
        ("Deals won", "Deals that entered the stage of success"),
    ),
    "win_rate_count_share": (
        ("Частка перемог", "Виграні ÷ (виграні + програні) за датою закриття"),
        ("Win rate", "Won ÷ (won + lost), by the day they were closed"),
    ),
    "bookings_amount": (
        ("Сума виграних угод", "Бюджет виграних угод за CRM"),
        ("Worth of won deals", "Budget of the won deals in the CRM"),
    ),
    "payments_count": (
        ("Платежі", "Проведені платежі та повернення, як їх рахує бухгалтерія"),
        ("Payments", "Posted payments and refunds as accounting counts them"),
    ),
    "customers_count": (
        ("Покупці", "Хто заплатив у періоді, кожен один раз; повернення — не оплата"),
        ("Customers", "Who paid in the period, each once; money back is no payment"),
    ),
    "revenue_per_manager_amount": (
        (
            "Виручка на менеджера",
            "Виручка ÷ менеджери, які в періоді хоч щось зробили: дзвінок, лист, примітка, перенесення, завдання",
        ),
        (
            "Revenue per manager",
            "Revenue ÷ managers who did anything in the period: a call, a letter, a note, a move, a task",
        ),
    ),
    "romi_ratio": (
        (
            "ROMI",
            "(Маржа лідів періоду на сьогодні − реклама) ÷ реклама; зростає, доки свіжі ліди платять; немає, доки нічого зі сплаченого не відвантажено",
        ),
        (
            "ROMI",
            "(Margin of the period's leads to date − ads) ÷ ads; grows while fresh leads pay; none while nothing they paid for is shipped",
        ),
    ),
    "discount_share": (
        (
            "Знижка від прайсу",
            "Наскільки дешевше прайсу дня відвантаження продано, без ПДВ; товари, яких немає в прайсі, не входять",
        ),
        (
            "Off the list price",
            "How much less than by the list of the day of shipment the goods were sold for, without VAT; goods the list lacks are left out",
        ),
    ),
    "plan_done_ratio": (
        ("План виконано", "Виручка місяця ÷ план виручки з книги Excel; минулі місяці повністю"),
        (
            "Plan done",
            "Revenue of the month ÷ the revenue plan of the workbook; earlier months in full",
        ),
    ),
    "pace_ratio": (
        ("Темп плану", "Виручка ÷ частина плану за минулі робочі дні: 100 % — рівно за планом"),
        (
            "Pace of the plan",
            "Revenue ÷ the part of the plan for the business days passed: 100 % is on plan",
        ),
    ),
    "spend_amount": (
        ("Витрати на рекламу", "Як їх показує рекламний кабінет, без ПДВ"),
        ("Spend on ads", "As the ads account shows it, without VAT"),
    ),
}
"""The mart's label and explanation, Russian there, in Ukrainian and English."""


def word(code: str | None, locale: Locale) -> str:
    """The word for a code; a code that has none as it is."""
    words = WORDS.get(code or "")
    return words[LOCALES.index(locale)] if words else code or ""


def kpi_words(name: str, label: str, explanation: str | None, locale: Locale) -> tuple[str, str]:
    """Label and explanation of a measure of the director's screen."""
    if locale == "ru" or name not in KPIS:
        return label, explanation or ""
    return KPIS[name][LOCALES.index(locale) - 1]
