"""From candidate rows to messages people read.

candidate (`mart_alerts.alert_candidates`) -> decide -> message -> format -> channel -> log.

What is a problem is SQL and how much is a problem is a seed: both live in `dbt_project`. Who hears
of it is `policy.yml`. This package decides whether to speak now, words it and delivers it once.
Nothing here queries anything but the candidates and its own log. The face for others is
`alerts.service` (`deliver`, `preview`) with `alerts.settings.load`.
"""
