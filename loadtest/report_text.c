/* report_text.c -- the tables at the end of a run. */
#include "result.h"

#include <inttypes.h>
#include <string.h>

/* Print text flush right in so many columns; µ is two bytes and one column. */
static void right(FILE *out, const char *text, int columns)
{
    int width = 0;
    for (const char *at = text; *at; at++)
        width += ((unsigned char)*at & 0xc0) != 0x80;
    fprintf(out, "%*s%s", columns > width ? columns - width : 0, "", text);
}

static void outcome_line(FILE *out, const char *name, uint64_t count, uint64_t all, double seconds)
{
    char number[GROUPED_BYTES], rate[GROUPED_BYTES];
    fprintf(out, "  %-24s", name);
    right(out, grouped(count, number), 16);
    double share = all ? 100.0 * (double)count / (double)all : 0;
    fprintf(out, "%9.2f %%", share);
    right(out, grouped((uint64_t)((double)count / seconds + 0.5), rate), 16);
    fputs("/s\n", out);
}

static void outcomes_print(FILE *out, const struct result *result, double seconds)
{
    uint64_t answers = result_answers(result);
    uint64_t errors = result->total.outcomes[OUTCOME_ERROR] +
                      result->total.outcomes[OUTCOME_UNANSWERED];
    fprintf(out, "  %-24s%16s%11s%18s\n", "answers", "count", "share", "rate");
    for (enum outcome i = 0; i < OUTCOME_COUNT; i++) {
        if (!outcome_is_error(i) && result->total.outcomes[i])
            outcome_line(out, outcome_name(i), result->total.outcomes[i], answers, seconds);
    }
    for (size_t i = 0; i < result->refusals.count; i++) {
        char name[WORD_BYTES_MAX + 4];
        snprintf(name, sizeof name, "  %s", result->refusals.entries[i].text);
        outcome_line(out, name, result->refusals.entries[i].times, answers, seconds);
    }
    outcome_line(out, "all answers", answers, answers, seconds);
    uint64_t claims = result_claims(result);
    if (claims && claims != answers)
        outcome_line(out, "claims", claims, answers, seconds);
    if (result->options->mode == MODE_SALE) {
        char name[WORD_BYTES_MAX];
        snprintf(name, sizeof name, "within %.10g ms", result->options->within);
        outcome_line(out, name, result->total.within, answers, seconds);
    }
    char number[GROUPED_BYTES];
    fprintf(out, "\n  %-24s", "errors");
    right(out, grouped(errors, number), 16);
    fputc('\n', out);
    if (result->total.outcomes[OUTCOME_UNANSWERED]) {
        fprintf(out, "    %-22s", "unanswered");
        right(out, grouped(result->total.outcomes[OUTCOME_UNANSWERED], number), 16);
        fputc('\n', out);
    }
    for (size_t i = 0; i < result->errors.count; i++) {
        const struct word *word = &result->errors.entries[i];
        fprintf(out, "    %-22s", word->text);
        right(out, grouped(word->times, number), 16);
        fprintf(out, "  e.g. \"%s\"\n", word->sample);
    }
}

static void latency_line(FILE *out, const char *name, const struct histogram *histogram)
{
    static const double shares[] = {0.5, 0.99, 0.999};
    char text[GROUPED_BYTES];
    if (histogram->count == 0)
        return;
    fprintf(out, "  %-10s", name);
    right(out, duration((double)histogram->min, text), 11);
    right(out, duration(histogram_mean(histogram), text), 11);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        right(out, duration((double)histogram_percentile(histogram, shares[i]), text), 11);
    right(out, duration((double)histogram->max, text), 11);
    fputc('\n', out);
}

static void latency_print(FILE *out, const struct result *result)
{
    const struct series_slot *total = &result->total;
    if (total->claims.count + total->lookups.count == 0)
        return;
    fprintf(out, "\n  %-10s%11s%11s%11s%11s%11s%11s%s\n", "latency", "min", "mean", "p50", "p99",
            "p99.9", "max", result->generator_bound ? "   VOID" : "");
    latency_line(out, "claims", &total->claims);
    if (result->accepted.count < total->claims.count)
        latency_line(out, "claims OK", &result->accepted);
    latency_line(out, "look-ups", &total->lookups);
    if (total->claims.count == 0 || total->lookups.count == 0)
        return;
    struct histogram both = total->claims;
    histogram_merge(&both, &total->lookups);
    latency_line(out, "both", &both);
}

static void generator_print(FILE *out, const struct result *result)
{
    char text[GROUPED_BYTES];
    bool open = result->options->mode == MODE_SALE && result->options->rate > 0;
    fprintf(out, "\n  generator  %.0f %% of a core, %s p99 %s\n", 100 * result->cpu_share,
            open ? "sent late by" : "looked away for",
            duration((double)histogram_percentile(&result->late, 0.99), text));
    if (result->generator_bound)
        fputs("  The generator used over 80 % of its core: throughput is generator-bound, "
              "latency is void.\n"
              "  Use more --threads, or a machine of its own.\n",
              out);
    if (result->unsent)
        fprintf(out, "  %s requests were due and never sent: the server is slower than --rate.\n",
                grouped(result->unsent, text));
    if (result->given_up)
        fprintf(out, "  %s callers gave up before their request could be sent.\n",
                grouped(result->given_up, text));
    if (result->warmup_answers)
        fprintf(out, "  warm-up    %s answers before measuring began\n",
                grouped(result->warmup_answers, text));
    if (result->options->retry) {
        fprintf(out, "  retry      %s reconnects", grouped(result->reconnects, text));
        fprintf(out, ", %s requests sent again\n", grouped(result->resent, text));
    }
    if (result->lanes_lost)
        fprintf(out, "  connections given up: %" PRIu64 "\n", result->lanes_lost);
}

static void verdict_print(FILE *out, const struct verdict_summary *verdict)
{
    char text[GROUPED_BYTES];
    if (!verdict->present)
        return;
    fprintf(out, "  file       %s rows", grouped(verdict->rows, text));
    fprintf(out, ", %s members", grouped(verdict->members, text));
    fprintf(out, ", %s campaigns", grouped(verdict->campaigns, text));
    fprintf(out, "; %s coupons must be issued", grouped(verdict->expected_ok, text));
    fprintf(out, " and %s rows refused\n", grouped(verdict->rows - verdict->expected_ok, text));
    fprintf(out, "  answers    %s judged", grouped(verdict->answered, text));
    fprintf(out, ", %s wrong\n", grouped(verdict->wrong, text));
}

void report_audit(FILE *out, const struct audit_report *audit)
{
    static const char *const levels[] = {"", "full", "totals", ""};
    char text[GROUPED_BYTES];
    if (audit->level == AUDIT_NONE || audit->level == AUDIT_AUTO) {
        fputs("  audit: not run\n", out);
        return;
    }
    fprintf(out, "  issued %s", grouped(audit->issued, text));
    fprintf(out, " of %s", grouped(audit->stock, text));
    fprintf(out, "   oversold %s", grouped(audit->oversold, text));
    fprintf(out, "   twice %s", grouped(audit->twice, text));
    fprintf(out, "   acknowledged and lost %s\n",
            audit->lost_known ? grouped(audit->lost, text) : "not known");
    if (audit->issued_before)
        fprintf(out, "  before this run %s were issued\n", grouped(audit->issued_before, text));
    if (audit->issued_before && audit->issued_before == audit->stock)
        fputs("  all was sold out before this run began; for a new sale give a new "
              "--campaign-prefix\n",
              out);
    if (audit->unanswered)
        fprintf(out,
                "  %s claims ended in an error or in silence and may or may not have got one\n",
                grouped(audit->unanswered, text));
    for (uint64_t i = 0; i < audit->problem_count && i < AUDIT_PROBLEMS_MAX; i++)
        fprintf(out, "  mismatch: %s\n", audit->problems[i]);
    if (audit->problem_count > AUDIT_PROBLEMS_MAX)
        fprintf(out, "  mismatch: and %s more\n",
                grouped(audit->problem_count - AUDIT_PROBLEMS_MAX, text));
    fprintf(out, "  audit: %s (%s, %.1f s", audit->pass ? "PASS" : "FAIL", levels[audit->level],
            audit->seconds);
    if (audit->level == AUDIT_FULL)
        fprintf(out, ", %s coupons read back", grouped(audit->coupons_read, text));
    fputs(")\n", out);
}

/* Say that nothing was proved, and how it can be done later. */
static void undone_print(FILE *out, const struct options *options)
{
    bool replay = options->mode == MODE_REPLAY;
    fputs("  audit: NOT DONE (the server does not answer; what it issued was not checked)\n", out);
    if (replay)
        fputs("  When it is back: the same command with --verify-only", out);
    else
        fprintf(out,
                "  When it is back, with the same flags for where it is: boon-load audit "
                "--campaign-prefix %s "
                "--campaigns %" PRId64 " --members %" PRId64,
                options->campaign_prefix, options->campaigns, options->members);
    fputs(options->retry ? "\n" : "\n  With --retry a run waits for a server that comes back.\n",
          out);
}

void report_text(FILE *out, const struct result *result)
{
    const struct options *options = result->options;
    double seconds = result->seconds > 0 ? result->seconds : 1e-9;
    bool open = options->mode == MODE_SALE && options->rate > 0;
    fprintf(out, "boon-load %s against %s at %s: ", options_mode_name(options->mode),
            options->peer == PEER_REDIS_LUA ? "redis-lua" : "boon", result->server);
    if (open)
        fprintf(out, "open loop, %.10g/s", options->rate);
    else
        fprintf(out, "closed loop, pipeline %" PRId64, options->pipeline);
    fprintf(out, ", %" PRId64 " connections, %" PRId64 " thread%s, %.2f s%s\n\n",
            options->connections, options->threads, options->threads == 1 ? "" : "s",
            result->seconds, result->interrupted ? ", interrupted" : "");
    outcomes_print(out, result, seconds);
    latency_print(out, result);
    generator_print(out, result);
    fputc('\n', out);
    verdict_print(out, &result->verdict);
    if (result->audit.not_done)
        undone_print(out, options);
    else
        report_audit(out, &result->audit);
}
