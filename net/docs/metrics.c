/* metrics.c -- docs/metrics.md. */
#include <stdio.h>

#include "net/docs/docs.h"

static void print_row(const char *name, const char *type, const char *labels, const char *help)
{
    printf("| `%s` | %s | %s | ", name, type, labels);
    docs_cell(help);
    puts(" |");
}

void docs_metrics(void)
{
    puts(
        "# Metrics\n"
        "\n"
        "What `GET /metrics` says, in Prometheus' text format 0.0.4. Counters begin at 0 with each "
        "start, but for\n"
        "`boon_campaign_issued_total`. Times are seconds, sizes are bytes. There is never a label "
        "for a member.\n"
        "A dashboard: [grafana-dashboard.json](grafana-dashboard.json); alerts: "
        "[alerts.yml](alerts.yml).\n"
        "\n"
        "| name | type | labels | meaning |\n"
        "|---|---|---|---|");
#define METRIC(type, unit, name, help, value) print_row(name, #type, "", help);
#define FAMILY(type, name, labels, help, write) print_row(name, #type, labels, help);
#include "net/metrics.def"
#undef METRIC
#undef FAMILY
}
