/* endpoint.c -- resolving, connecting, and the first request of a connection. */
#include "endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static bool unix_resolve(struct endpoint *endpoint, const char *path, struct failure *failure)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return failure_set(failure, "--unix takes a path of at most %zu bytes",
                           sizeof address.sun_path - 1);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    memcpy(&endpoint->address, &address, sizeof address);
    endpoint->address_bytes = sizeof address;
    snprintf(endpoint->name, sizeof endpoint->name, "%s", path);
    return true;
}

static bool host_resolve(struct endpoint *endpoint, const struct options *options,
                         struct failure *failure)
{
    char port[8];
    snprintf(port, sizeof port, "%" PRId64, options->port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(options->host, port, &hints, &found);
    if (error)
        return failure_set(failure, "cannot find %s: %s", options->host, gai_strerror(error));
    memcpy(&endpoint->address, found->ai_addr, found->ai_addrlen);
    endpoint->address_bytes = found->ai_addrlen;
    freeaddrinfo(found);
    snprintf(endpoint->name, sizeof endpoint->name, "%.140s:%s", options->host, port);
    return true;
}

void endpoint_greet(struct endpoint *endpoint, size_t count, const char *const *words)
{
    size_t room = sizeof endpoint->greeting, used = endpoint->greeting_bytes;
    used += (size_t)snprintf(endpoint->greeting + used, room - used, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        ASSERT(used < room);
        used += (size_t)snprintf(endpoint->greeting + used, room - used, "$%zu\r\n%s\r\n",
                                 strlen(words[i]), words[i]);
    }
    ASSERT(used < room);
    endpoint->greeting_bytes = used;
    endpoint->greeting_count++;
}

/* HELLO 3 [AUTH default password], or AUTH password, or nothing. */
static void greeting_write(struct endpoint *endpoint, const struct options *options)
{
    const char *password = options->password;
    if (options->resp == 3 && password[0])
        endpoint_greet(endpoint, 5, (const char *[]){"HELLO", "3", "AUTH", "default", password});
    else if (options->resp == 3)
        endpoint_greet(endpoint, 2, (const char *[]){"HELLO", "3"});
    else if (password[0])
        endpoint_greet(endpoint, 2, (const char *[]){"AUTH", password});
}

bool endpoint_init(struct endpoint *endpoint, const struct options *options,
                   struct failure *failure)
{
    *endpoint = (struct endpoint){.address_bytes = 0};
    greeting_write(endpoint, options);
    if (options->unix_path[0])
        return unix_resolve(endpoint, options->unix_path, failure);
    return host_resolve(endpoint, options, failure);
}

int endpoint_start(const struct endpoint *endpoint)
{
    int family = endpoint->address.ss_family;
    int made = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0)
        return -1;
    int on = 1;
    if (family != AF_UNIX)
        setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const struct sockaddr *address = (const struct sockaddr *)(const void *)&endpoint->address;
    if (connect(made, address, endpoint->address_bytes) < 0 && errno != EINPROGRESS) {
        int error = errno;
        close(made);
        errno = error;
        return -1;
    }
    return made;
}

int endpoint_socket_error(int socket)
{
    int error = 0;
    socklen_t bytes = sizeof error;
    if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &bytes) < 0)
        return errno;
    return error;
}
