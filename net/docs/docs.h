/* docs.h -- the pages that boon-docs writes from the tables; one function a page, to standard output. */
#ifndef BOON_NET_DOCS_H
#define BOON_NET_DOCS_H

/* docs/commands.md: what a client may send. */
void docs_commands(void);

/* docs/refusals.md: every business "no". */
void docs_refusals(void);

/* docs/events.md: what the journal keeps. */
void docs_events(void);

/* docs/options.md: flags, environment, config file. */
void docs_options(void);

/* docs/http.md: the HTTP API for people. */
void docs_http(void);

/* docs/metrics.md: what Prometheus reads. */
void docs_metrics(void);

/* Prints a text for a table's cell: with its bars escaped. */
void docs_cell(const char *text);

#endif
