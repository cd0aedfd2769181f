/* main.c -- boon-load: puts a load on a coupon server and proves that it counted right.
 *
 *     boon-load sale     a flash sale: many members, few coupons, look-ups in between
 *     boon-load replay   claims from a CSV file, in each member's order, every answer judged
 *     boon-load audit    only the check at the end
 *
 * It speaks the wire protocol and knows nothing else of the server. The same load can be put on a
 * Redis with the usual Lua script (--peer redis-lua), so that a comparison is of like with like:
 * the same generator, the same members, the same outcomes, the same audit.
 *
 *     options ── what was asked for (flags.def is the one list)
 *     run     ── threads, progress, one result
 *       worker   one thread's epoll loop     lane  one connection       reply  RESP
 *       plan     what to ask next: sale.c draws members, replay.c reads rows
 *       form     a request with blanks, so that the hot path copies and formats nothing
 *     series  ── outcomes and latencies over time, in log-linear histograms
 *     ledger  ── what the server told us        audit ── whether it was true
 *     report  ── as text, as JSON, as a page with plots
 *
 * How it stays honest:
 *
 *   - An open loop (--rate) counts a request's latency from the moment it was due, so a server that
 *     stalls cannot hide the requests that it kept from being sent. Nothing is dropped, but by
 *     --give-up; what was due and never sent is reported.
 *   - A closed loop shows how much a server can do; its latency says little, since the load waits
 *     for the server.
 *   - The generator watches itself. It reports its share of a core and how late it was: in the
 *     open loop by how much a request left after it was due, in the closed loop for how long an
 *     answer may have lain in the socket while it looked away. Over 80 % of a core, throughput is
 *     marked as the generator's own and latency as void.
 *   - Refusals are answers; errors and silence are counted apart and never enter the latency.
 *   - Every run ends with an audit against a ledger that the server has no part in. A mismatch is
 *     exit 1, however fast it was. */
#include "replay.h"
#include "sale.h"
#include "suggest.h"

#include <signal.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_MISMATCH = 1, EXIT_USAGE = 2, EXIT_UNUSABLE = 3 };

static volatile sig_atomic_t interrupted;

/* The first signal ends the sending, so that what ran is still reported and audited; the second
 * ends the program. */
static void on_interrupt(int number)
{
    interrupted = 1;
    signal(number, SIG_DFL);
}

static int complain(const struct failure *failure, int code)
{
    fprintf(stderr, "boon-load: %s\n", failure->text);
    return code;
}

/* Write the reports; returns the exit code. */
static int report(const struct options *options, const struct result *result)
{
    struct failure failure;
    bool loaded = result->series.slots != NULL;
    if (loaded)
        report_text(stdout, result);
    else
        report_audit(stdout, &result->audit);
    fflush(stdout);
    if (options->json[0] && !report_json(options->json, result, &failure))
        return complain(&failure, EXIT_UNUSABLE);
    if (options->html[0] && loaded && !report_html(options->html, result, &failure))
        return complain(&failure, EXIT_UNUSABLE);
    bool audited = result->audit.level == AUDIT_FULL || result->audit.level == AUDIT_TOTALS;
    if (audited && !result->audit.pass)
        return EXIT_MISMATCH;
    if (loaded && result_answers(result) == 0) {
        fputs("boon-load: not one request got a business answer\n", stderr);
        return EXIT_MISMATCH;
    }
    if (loaded && result->lanes_lost == (uint64_t)options->connections) {
        fputs("boon-load: every connection was lost before the end\n", stderr);
        return EXIT_UNUSABLE;
    }
    return EXIT_DONE;
}

static int verb_run(const struct options *options)
{
    struct failure failure;
    struct run run;
    struct result *result = memory_zeroed(1, sizeof *result);
    if (!run_init(&run, options, &interrupted, &failure)) {
        free(result);
        return complain(&failure, EXIT_UNUSABLE);
    }
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    signal(SIGPIPE, SIG_IGN);
    bool done = false;
    if (options->mode == MODE_SALE)
        done = sale_run(&run, result, &failure);
    else if (options->mode == MODE_REPLAY)
        done = replay_run(&run, result, &failure);
    else
        done = sale_audit(&run, result, &failure);
    int code = EXIT_UNUSABLE;
    if (done) {
        code = report(options, result);
    } else {
        result->audit.not_done = options->audit != AUDIT_NONE;
        if (result->series.slots) /* the load ran, but the audit could not ask */
            report_text(stdout, result);
        fflush(stdout);
        complain(&failure, code);
    }
    run_deinit(&run);
    series_deinit(&result->series);
    free(result);
    return code;
}

static int usage(const char *word)
{
    static const char *const verbs[] = {"sale", "replay", "audit"};
    const char *nearest = suggest_nearest(word, verbs, 3);
    if (nearest)
        fprintf(stderr, "boon-load: \"%s\" is no verb; did you mean %s?\n", word, nearest);
    else
        fprintf(stderr, "boon-load: \"%s\" is no verb; it takes sale, replay or audit\n", word);
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    if (argc < 2) {
        options_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        options_help(stdout);
        return EXIT_DONE;
    }
    enum mode mode;
    if (strcmp(argv[1], "sale") == 0)
        mode = MODE_SALE;
    else if (strcmp(argv[1], "replay") == 0)
        mode = MODE_REPLAY;
    else if (strcmp(argv[1], "audit") == 0)
        mode = MODE_AUDIT;
    else
        return usage(argv[1]);
    struct options options;
    struct failure failure;
    if (!options_parse(&options, mode, argc - 2, argv + 2, &failure))
        return complain(&failure, EXIT_USAGE);
    if (options.help) {
        options_help_mode(stdout, mode);
        return EXIT_DONE;
    }
    return verb_run(&options);
}
