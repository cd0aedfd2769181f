/* evhttp_hello.c -- the smallest evhttp server, to compare with: every request gets 200 and a few bytes of JSON.
 *
 *     evhttp-hello PORT
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void on_request(struct evhttp_request *request, void *context)
{
    (void)context;
    static const char hello[] = "{\"hello\":\"world\"}\n";
    struct evbuffer *body = evhttp_request_get_output_buffer(request);
    evbuffer_add(body, hello, sizeof(hello) - 1);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                      "application/json");
    evhttp_send_reply(request, 200, "OK", NULL);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    struct event_base *base = event_base_new();
    struct evhttp *http = base == NULL ? NULL : evhttp_new(base);
    long port = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (http == NULL || port <= 0 || port > 65535 ||
        evhttp_bind_socket(http, "127.0.0.1", (unsigned short)port) != 0) {
        fprintf(stderr, "usage: evhttp-hello PORT\n");
        return 1;
    }
    evhttp_set_gencb(http, on_request, NULL);
    return event_base_dispatch(base);
}
