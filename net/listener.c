/* listener.c -- accepting clients. */
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/log.h"
#include "net/loop.h"
#include "net/server.h"

#define BACKLOG 4096
#define ACCEPTED_AT_ONCE_MAX 256
#define BIND_TRIES 40
#define BIND_RETRY_MS 50
#define REST_MS 100 /* after running out of descriptors or memory */

struct listener {
    struct server *server;
    int tcp;
    int unix_socket;
    uint16_t port;
    char path[108];
    struct loop_event *tcp_event;
    struct loop_event *unix_event;
    struct loop_event *wake_event; /* after a rest */
};

static void describe(const struct sockaddr_storage *from, char *address, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(address, size, "%s:%u", host, ntohs(in->sin_port));
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)from;
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
        snprintf(address, size, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else {
        snprintf(address, size, "unix");
    }
}

/* Accepts nothing for a while: the kernel has no room, and would call again at once. */
static void listener_rest(struct listener *listener)
{
    const struct timeval while_resting = {0, REST_MS * 1000};
    (void)event_del(listener->tcp_event);
    if (listener->unix_event != NULL) {
        (void)event_del(listener->unix_event);
    }
    (void)event_add(listener->wake_event, &while_resting);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct listener *listener = context;
    (void)event_add(listener->tcp_event, NULL);
    if (listener->unix_event != NULL) {
        (void)event_add(listener->unix_event, NULL);
    }
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    struct listener *listener = context;
    for (int count = 0; count < ACCEPTED_AT_ONCE_MAX; count++) {
        struct sockaddr_storage from = {0};
        socklen_t length = sizeof(from);
        int client = accept4(fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                log_limited(1000, LOG_WARN, "accept_failed", LOG_ERRNO("error", errno));
                listener_rest(listener);
            }
            return;
        }
        int on = 1;
        if (from.ss_family != AF_UNIX) {
            (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
            (void)setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
        }
        char address[CONNECTION_ADDRESS_BYTES_MAX];
        describe(&from, address, sizeof(address));
        (void)connection_open(listener->server, client, address);
    }
}

/* Binds one address of the list and listens. Returns the socket, or -1 with errno. */
static int bind_one(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int listener_bind(const char *address, int64_t port, const char *option, uint16_t *bound_port,
                  char *message, size_t size)
{
    char service[8];
    snprintf(service, sizeof(service), "%u", (unsigned)port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int failed = getaddrinfo(address, service, &hints, &list);
    if (failed != 0) {
        snprintf(message, size, "cannot listen on %s: %s", address, gai_strerror(failed));
        return -1;
    }
    int fd = bind_one(list);
    for (int tries = 0; fd < 0 && errno == EADDRINUSE && tries < BIND_TRIES; tries++) {
        /* A server that was just killed keeps its port until the kernel has taken it apart. */
        (void)usleep(BIND_RETRY_MS * 1000);
        fd = bind_one(list);
    }
    int error = errno;
    freeaddrinfo(list);
    if (fd < 0) {
        snprintf(message, size, "cannot listen on %s port %s: %s%s%s", address, service,
                 strerror(error),
                 error == EADDRINUSE ? "; is another boon-server running? choose another " : "",
                 error == EADDRINUSE ? option : "");
        return -1;
    }
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &length) == 0) {
        *bound_port = bound.ss_family == AF_INET6
                          ? ntohs(((struct sockaddr_in6 *)(void *)&bound)->sin6_port)
                          : ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
    }
    return fd;
}

/* Tells whether somebody answers at the path; a socket that nobody answers at may be replaced. */
static bool unix_is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return alive;
}

static bool open_unix(struct listener *listener, char *message, size_t size)
{
    const char *path = listener->server->options->unix_socket;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    struct stat there;
    if (lstat(path, &there) == 0 && S_ISSOCK(there.st_mode) && !unix_is_alive(&address)) {
        (void)unlink(path);
    }
    listener->unix_socket = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->unix_socket < 0 ||
        bind(listener->unix_socket, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        chmod(path, 0600) != 0 || listen(listener->unix_socket, BACKLOG) != 0) {
        snprintf(message, size, "cannot listen on the unix socket %s: %s", path, strerror(errno));
        return false;
    }
    snprintf(listener->path, sizeof(listener->path), "%s", path);
    return true;
}

static struct loop_event *watch(struct listener *listener, int fd)
{
    struct loop_event *event = event_new(listener->server->base, fd, EV_READ | EV_PERSIST,
                                         on_accept, listener);
    if (event != NULL && event_add(event, NULL) != 0) {
        event_free(event);
        event = NULL;
    }
    return event;
}

struct listener *listener_open(struct server *server, char *message, size_t size)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL) {
        snprintf(message, size, "out of memory");
        return NULL;
    }
    listener->server = server;
    listener->tcp = listener->unix_socket = -1;
    bool wants_unix = server->options->unix_socket[0] != '\0';
    listener->tcp = listener_bind(server->options->bind, server->options->port, "--port",
                                  &listener->port, message, size);
    if (listener->tcp < 0 || (wants_unix && !open_unix(listener, message, size))) {
        listener_close(&listener);
        return NULL;
    }
    listener->tcp_event = watch(listener, listener->tcp);
    listener->unix_event = wants_unix ? watch(listener, listener->unix_socket) : NULL;
    listener->wake_event = event_new(server->base, -1, 0, on_wake, listener);
    if (listener->tcp_event == NULL || listener->wake_event == NULL ||
        (wants_unix && listener->unix_event == NULL)) {
        snprintf(message, size, "out of memory");
        listener_close(&listener);
    }
    return listener;
}

static void end(struct loop_event **event, int *fd)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

void listener_close(struct listener **listener)
{
    if (*listener == NULL) {
        return;
    }
    end(&(*listener)->tcp_event, &(*listener)->tcp);
    end(&(*listener)->unix_event, &(*listener)->unix_socket);
    if ((*listener)->wake_event != NULL) {
        event_free((*listener)->wake_event);
    }
    if ((*listener)->path[0] != '\0') {
        (void)unlink((*listener)->path);
    }
    free(*listener);
    *listener = NULL;
}

uint16_t listener_port(const struct listener *listener)
{
    return listener == NULL ? 0 : listener->port;
}
