/* report_html.c -- one page with everything, that needs no network and no script. */
#include "chart.h"
#include "plots.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char style[] =
    ":root{color-scheme:light dark;--page:#f6f6f3;--card:#fcfcfb;--ink:#0b0b0b;--soft:#52514e;"
    "--faint:#84837c;--line:#e3e2dc;--axis:#b9b8b0;--ok:#2a78d6;--lookup:#1baf7a;"
    "--duplicate:#eda100;--limit:#eb6834;--soldout:#7a6bd0;--other:#a3a29a;--error:#d03b3b;"
    "--p50:#86b6ef;--p99:#2a78d6;--p999:#0d366b;--max:#a3a29a;--good:#0b7a0b;--bad:#c22f2f}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#0f0f0e;--card:#1a1a19;--ink:#fff;"
    "--soft:#c3c2b7;--faint:#8f8e86;--line:#2e2e2b;--axis:#55544e;--ok:#3987e5;--lookup:#199e70;"
    "--duplicate:#c98500;--limit:#d95926;--soldout:#9085e9;--other:#6f6e68;--error:#e66767;"
    "--p50:#256abf;--p99:#6da7ec;--p999:#dbeafc;--max:#6f6e68;--good:#35c435;--bad:#f07070}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}\n"
    "main{max-width:1040px;margin:0 auto;padding:28px 20px 48px}h1{font-size:24px;margin:0}"
    "h2{font-size:16px;margin:0 0 4px}p{margin:0}.sub{color:var(--soft);margin:2px 0 20px}\n"
    "section{background:var(--card);border:1px solid var(--line);border-radius:10px;"
    "padding:16px 20px;margin:0 0 16px}svg{display:block;width:100%;min-width:640px;height:auto}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;"
    "margin:0 0 16px}.tiles div{background:var(--card);border:1px solid var(--line);"
    "border-radius:10px;padding:12px 16px}.tiles b{display:block;font-size:22px;font-weight:600;"
    "white-space:nowrap}.tiles span{color:var(--soft);font-size:13px}\n"
    ".good b{color:var(--good)}.bad b{color:var(--bad)}.note{border-color:var(--bad);"
    "color:var(--bad)}\n"
    "svg text{fill:var(--faint);font-size:12px}.grid{stroke:var(--line)}.tick,.axis{"
    "stroke:var(--axis)}.mark{stroke:var(--soft);stroke-dasharray:3 4}\n"
    ".area{fill:var(--c)}.outlined{fill-opacity:.25;stroke:var(--c);stroke-width:1.5}"
    ".line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
    ".hover{fill:var(--ink);fill-opacity:0}.hover:hover{fill-opacity:.08}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:2px 16px;color:var(--soft);font-size:13px;"
    "margin:0 0 8px}.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;"
    "background:var(--c);margin-right:6px}.legend em{font-style:normal;color:var(--faint)}\n"
    ".ok{--c:var(--ok)}.lookup{--c:var(--lookup)}.duplicate{--c:var(--duplicate)}"
    ".limit{--c:var(--limit)}.soldout{--c:var(--soldout)}.other{--c:var(--other)}"
    ".error{--c:var(--error)}.p50{--c:var(--p50)}.p99{--c:var(--p99)}.p999{--c:var(--p999)}"
    ".max{--c:var(--max)}\n"
    ".pair{display:grid;grid-template-columns:2fr 3fr;gap:0 16px}@media(max-width:820px){"
    ".pair{grid-template-columns:minmax(0,1fr)}}.lines{white-space:pre-wrap}table{border-collapse:"
    "collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th{font-weight:500;color:var(--soft);font-size:13px;text-align:right}"
    "th:first-child,td:first-child{text-align:left}td{text-align:right;"
    "border-top:1px solid var(--line);padding:4px 0 4px "
    "12px;white-space:nowrap}td:first-child{padding-left:0}"
    "th{padding:0 0 4px 12px}th:first-child{padding-left:0}.scroll{overflow-x:auto}\n"
    ".settings{columns:3 240px;color:var(--soft);font-size:13px}.settings div{"
    "break-inside:avoid;overflow-wrap:anywhere}.settings b{color:var(--ink);font-weight:500}\n";

static void tile(FILE *out, const char *kind, const char *value, const char *name)
{
    fprintf(out, "<div class=\"%s\"><b>", kind);
    html_text(out, value);
    fputs("</b><span>", out);
    html_text(out, name);
    fputs("</span></div>\n", out);
}

static void tiles_write(FILE *out, const struct result *result)
{
    char text[GROUPED_BYTES];
    double seconds = result->seconds > 0 ? result->seconds : 1e-9;
    struct histogram both = result->total.claims;
    histogram_merge(&both, &result->total.lookups);
    fputs("<div class=\"tiles\">\n", out);
    double rate = (double)result_answers(result) / seconds;
    tile(out, "", grouped((uint64_t)(rate + 0.5), text),
         result->generator_bound ? "answers a second (generator-bound)" : "answers a second");
    tile(out, "", grouped(result->total.outcomes[OUTCOME_OK], text), "coupons claimed");
    const char *latency = result->generator_bound ? "void" : NULL;
    duration((double)histogram_percentile(&both, 0.5), text);
    tile(out, "", latency ? latency : text, "latency p50");
    duration((double)histogram_percentile(&both, 0.99), text);
    tile(out, "", latency ? latency : text, "latency p99");
    uint64_t errors = result->total.outcomes[OUTCOME_ERROR] +
                      result->total.outcomes[OUTCOME_UNANSWERED];
    tile(out, errors ? "bad" : "", grouped(errors, text), "errors");
    bool ran = result->audit.level == AUDIT_FULL || result->audit.level == AUDIT_TOTALS;
    tile(out,
         !ran                 ? ""
         : result->audit.pass ? "good"
                              : "bad",
         !ran                 ? "not run"
         : result->audit.pass ? "✓ PASS"
                              : "✗ FAIL",
         "audit");
    fputs("</div>\n", out);
}

static void outcomes_write(FILE *out, const struct result *result)
{
    char count[GROUPED_BYTES], rate[GROUPED_BYTES];
    uint64_t answers = result_answers(result);
    double seconds = result->seconds > 0 ? result->seconds : 1e-9;
    fputs("<section><h2>Answers</h2><div class=\"scroll\"><table><tr><th></th><th>count</th>"
          "<th>share</th><th>a second</th></tr>\n",
          out);
    for (enum outcome i = 0; i < OUTCOME_COUNT; i++) {
        uint64_t times = result->total.outcomes[i];
        if (!times)
            continue;
        fprintf(out, "<tr><td>%s</td><td>%s</td><td>%.2f %%</td><td>%s</td></tr>\n",
                outcome_name(i), grouped(times, count),
                answers ? 100.0 * (double)times / (double)answers : 0,
                grouped((uint64_t)((double)times / seconds + 0.5), rate));
    }
    for (size_t i = 0; i < result->errors.count; i++) {
        fputs("<tr><td>", out);
        html_text(out, result->errors.entries[i].sample);
        fprintf(out, "</td><td>%s</td><td></td><td></td></tr>\n",
                grouped(result->errors.entries[i].times, count));
    }
    fputs("</table></div></section>\n", out);
}

static void latency_row(FILE *out, const char *name, const struct histogram *histogram)
{
    static const double shares[] = {0.5, 0.99, 0.999};
    char text[GROUPED_BYTES];
    if (histogram->count == 0)
        return;
    fprintf(out, "<tr><td>%s</td><td>%s</td>", name, duration((double)histogram->min, text));
    fprintf(out, "<td>%s</td>", duration(histogram_mean(histogram), text));
    for (size_t i = 0; i < 3; i++)
        fprintf(out, "<td>%s</td>",
                duration((double)histogram_percentile(histogram, shares[i]), text));
    fprintf(out, "<td>%s</td></tr>\n", duration((double)histogram->max, text));
}

static void latency_write(FILE *out, const struct result *result)
{
    char text[GROUPED_BYTES];
    bool open = result->options->mode == MODE_SALE && result->options->rate > 0;
    fputs("<section><h2>Latency</h2><div class=\"scroll\"><table><tr><th></th><th>min</th>"
          "<th>mean</th><th>p50</th><th>p99</th><th>p99.9</th><th>max</th></tr>\n",
          out);
    latency_row(out, "claims", &result->total.claims);
    if (result->accepted.count < result->total.claims.count)
        latency_row(out, "claims answered OK", &result->accepted);
    latency_row(out, "look-ups", &result->total.lookups);
    fputs("</table></div>\n<p class=\"sub\" style=\"margin:10px 0 0\">", out);
    fprintf(out, "The generator used %.0f %% of a core and %s (p99 %s).", 100 * result->cpu_share,
            open ? "sent late" : "looked away",
            duration((double)histogram_percentile(&result->late, 0.99), text));
    fputs(open ? " Open loop: latency counts from when a request was due."
               : " Closed loop: the load waits for the server.",
          out);
    fputs("</p></section>\n", out);
}

static void audit_write(FILE *out, const struct result *result)
{
    const struct audit_report *audit = &result->audit;
    char lines[8192] = "";
    FILE *memory = fmemopen(lines, sizeof lines - 1, "w");
    if (!memory)
        return;
    report_audit(memory, audit);
    fclose(memory);
    fputs("<section><h2>Audit</h2>\n", out);
    for (char *line = lines; *line;) {
        size_t length = strcspn(line, "\n");
        bool last = line[length] == '\0';
        line[length] = '\0';
        fputs("<p class=\"lines\">", out);
        html_text(out, line + strspn(line, " "));
        fputs("</p>\n", out);
        line += length + !last;
    }
    fputs("</section>\n", out);
}

static void setting_write(void *context, const char *name, const char *value, bool number)
{
    (void)number;
    FILE *out = context;
    fputs("<div>", out);
    html_text(out, name);
    fputs(" <b>", out);
    html_text(out, value);
    fputs("</b></div>\n", out);
}

static void head_write(FILE *out, const struct result *result)
{
    const struct options *options = result->options;
    const char *peer = options->peer == PEER_REDIS_LUA ? "Redis and Lua" : "Boon";
    fprintf(out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
            "<title>boon-load %s</title>\n<style>\n%s</style></head>\n<body><main>\n",
            options_mode_name(options->mode), style);
    fprintf(out, "<h1>%s on %s</h1>\n<p class=\"sub\">",
            options->mode == MODE_SALE ? "A sale" : "A replay", peer);
    html_text(out, result->server);
    if (options->mode == MODE_SALE && options->rate > 0)
        fprintf(out, " · open loop at %.10g a second", options->rate);
    else
        fprintf(out, " · closed loop, pipeline %" PRId64, options->pipeline);
    fprintf(out, " · %" PRId64 " connections · %.1f s · %s%s</p>\n", options->connections,
            result->seconds, result->started, result->interrupted ? " · interrupted" : "");
    if (result->generator_bound)
        fputs("<section class=\"note\">The generator used over 80 % of its core: throughput is "
              "generator-bound, latency is void.</section>\n",
              out);
}

bool report_html(const char *path, const struct result *result, struct failure *failure)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return failure_set(failure, "cannot write %s: %s", path, strerror(errno));
    head_write(out, result);
    tiles_write(out, result);
    plot_rate(out, result);
    plot_latency(out, result);
    plot_distribution(out, result);
    fputs("<div class=\"pair\">\n", out);
    outcomes_write(out, result);
    latency_write(out, result);
    fputs("</div>\n", out);
    audit_write(out, result);
    fputs("<section><h2>Settings</h2><div class=\"settings\">\n", out);
    options_each(result->options, setting_write, out);
    fputs("</div></section>\n</main></body></html>\n", out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed)
        return failure_set(failure, "cannot write %s: %s", path, strerror(errno));
    return true;
}
