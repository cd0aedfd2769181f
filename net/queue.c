/* queue.c -- batches, from the first group that enters to the acknowledgement that frees. */
#include "net/queue.h"

#include <stdlib.h>

#include "engine/bug.h"
#include "engine/planted.h"

#define UNUSED_KEPT 4U /* buffers that stay for the next burst; the others go back */

static void list_push(struct queue_list *list, struct queue_batch *batch)
{
    batch->next = NULL;
    if (list->last == NULL) {
        list->first = batch;
    } else {
        list->last->next = batch;
    }
    list->last = batch;
}

static struct queue_batch *list_pop(struct queue_list *list)
{
    struct queue_batch *batch = list->first;
    if (batch != NULL) {
        list->first = batch->next;
        list->last = list->first == NULL ? NULL : list->last;
        batch->next = NULL;
    }
    return batch;
}

static void batch_free(struct queue_batch *batch)
{
    if (batch != NULL && !batch->confirm) {
        free(batch->builder.bytes);
    }
    free(batch);
}

static void list_free(struct queue_list *list)
{
    for (struct queue_batch *batch = list_pop(list); batch != NULL; batch = list_pop(list)) {
        batch_free(batch);
    }
}

/* Makes a batch with a buffer of the full size. Its pages are taken by the kernel as they fill. */
static struct queue_batch *batch_new(void)
{
    struct queue_batch *batch = calloc(1, sizeof(*batch));
    uint8_t *bytes = malloc(BATCH_BYTES_MAX);
    if (batch == NULL || bytes == NULL) {
        free(batch);
        free(bytes);
        return NULL;
    }
    batch->builder.bytes = bytes;
    return batch;
}

/* Takes an empty batch into use. NULL: the bound is reached, or there is no memory. */
static struct queue_batch *batch_borrow(struct queue *queue)
{
    if (queue->buffers == queue->buffers_max) {
        return NULL;
    }
    struct queue_batch *batch = list_pop(&queue->unused);
    if (batch != NULL) {
        queue->unused_count--;
    } else {
        batch = batch_new();
    }
    if (batch != NULL) {
        batch_begin(&batch->builder, batch->builder.bytes, BATCH_BYTES_MAX);
        queue->buffers++;
    }
    return batch;
}

static void batch_return(struct queue *queue, struct queue_batch *batch)
{
    if (batch->confirm) {
        queue->confirms--;
        batch_free(batch);
        return;
    }
    ASSERT(queue->buffers > 0);
    queue->buffers--;
    if (queue->unused_count == UNUSED_KEPT) {
        batch_free(batch);
        return;
    }
    queue->unused_count++;
    list_push(&queue->unused, batch);
}

void queue_init(struct queue *queue, size_t bytes_max)
{
    size_t buffers = bytes_max / BATCH_BYTES_MAX;
    *queue = (struct queue){0};
    queue->buffers_max = buffers < 2 ? 2 : buffers > UINT32_MAX ? UINT32_MAX : (uint32_t)buffers;
}

void queue_deinit(struct queue *queue)
{
    batch_free(queue->gathering);
    batch_free(queue->spare);
    list_free(&queue->waiting);
    list_free(&queue->sealed);
    list_free(&queue->unused);
    *queue = (struct queue){0};
}

void queue_start(struct queue *queue, uint64_t last_seq, int64_t time_ms)
{
    ASSERT(queue_is_empty(queue));
    queue->last_seq = last_seq;
    queue->time_ms = time_ms;
}

/* Begins to gather in the spare batch, if there is one. */
static void gather_in_spare(struct queue *queue)
{
    queue->gathering = queue->spare;
    queue->spare = NULL;
    if (queue->gathering != NULL) {
        queue->gathering->first_seq = queue->last_seq + 1;
        queue->gathering->last_seq = queue->last_seq;
    }
}

bool queue_make_room(struct queue *queue)
{
    if (queue->spare == NULL) {
        queue->spare = batch_borrow(queue);
    }
    if (queue->gathering == NULL) {
        gather_in_spare(queue);
        return queue->gathering != NULL;
    }
    return queue->spare != NULL || batch_room(&queue->gathering->builder) >= BATCH_GROUP_BYTES_MAX;
}

/* Goes on in the next batch after a group did not fit into this one. */
static void gather_in_next(struct queue *queue)
{
    ASSERT(queue->gathering->builder.groups > 0);
    list_push(&queue->waiting, queue->gathering);
    gather_in_spare(queue);
    ASSERT(queue->gathering != NULL); /* queue_has_room() said so */
}

void queue_add(struct queue *queue, int64_t time_ms, uint32_t principal, const struct event *events,
               uint32_t count, uint64_t last_seq)
{
    ASSERT(queue->gathering != NULL);
    ASSERT(last_seq == queue->last_seq + count);
    queue->time_ms = time_ms > queue->time_ms ? time_ms : queue->time_ms;
    if (!batch_add_group(&queue->gathering->builder, queue->time_ms, principal, events, count)) {
        gather_in_next(queue);
        bool fits = batch_add_group(&queue->gathering->builder, queue->time_ms, principal, events,
                                    count);
        ASSERT(fits);
    }
    queue->last_seq = last_seq;
    queue->gathering->last_seq = last_seq;
}

static bool is_gathering(const struct queue *queue)
{
    return queue->gathering != NULL && queue->gathering->builder.groups > 0;
}

bool queue_is_empty(const struct queue *queue)
{
    return queue->sealed.first == NULL && queue->waiting.first == NULL && !is_gathering(queue);
}

bool queue_is_all_sealed(const struct queue *queue)
{
    return queue->waiting.first == NULL && !is_gathering(queue);
}

static size_t list_bytes(const struct queue_list *list)
{
    size_t bytes = 0;
    for (const struct queue_batch *batch = list->first; batch != NULL; batch = batch->next) {
        bytes += batch->builder.used + BATCH_HASH_BYTES;
    }
    return bytes;
}

size_t queue_bytes(const struct queue *queue)
{
    size_t gathered = is_gathering(queue) ? queue->gathering->builder.used + BATCH_HASH_BYTES : 0;
    return list_bytes(&queue->sealed) + list_bytes(&queue->waiting) + gathered;
}

static const struct queue_batch *seal(struct queue *queue, struct queue_batch *batch,
                                      const struct batch_stamp *stamp)
{
    struct batch_stamp whole = *stamp;
    whole.first_seq = batch->first_seq;
    ASSERT(batch->last_seq + 1 == batch->first_seq + batch->builder.events);
    ASSERT(queue->sealed.last == NULL || queue->sealed.last->number < whole.number);
    batch->number = whole.number;
    batch->length = batch_seal(&batch->builder, &whole, &batch->chain);
    list_push(&queue->sealed, batch);
    return batch;
}

const struct queue_batch *queue_seal_next(struct queue *queue, const struct batch_stamp *stamp)
{
    struct queue_batch *batch = list_pop(&queue->waiting);
    if (batch == NULL && is_gathering(queue)) {
        batch = queue->gathering;
        gather_in_spare(queue);
    }
    return batch == NULL ? NULL : seal(queue, batch, stamp);
}

const struct queue_batch *queue_seal_empty(struct queue *queue, const struct batch_stamp *stamp)
{
    ASSERT(queue->waiting.first == NULL);
    ASSERT(!is_gathering(queue));
    if (queue->confirms == QUEUE_CONFIRMS_MAX) {
        return NULL;
    }
    struct queue_batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL) {
        return NULL;
    }
    queue->confirms++;
    batch->confirm = true;
    batch->first_seq = queue->last_seq + 1;
    batch->last_seq = queue->last_seq;
    batch_begin(&batch->builder, batch->small, sizeof(batch->small));
    return seal(queue, batch, stamp);
}

const struct queue_batch *queue_sealed(const struct queue *queue)
{
    return queue->sealed.first;
}

uint64_t queue_acknowledge(struct queue *queue, uint64_t number)
{
    uint64_t last_seq = 0;
    bool found = false;
    while (!found) {
        struct queue_batch *batch = list_pop(&queue->sealed);
        ASSERT(batch != NULL);
        found = batch->number == number;
        last_seq = batch->last_seq;
        batch_return(queue, batch);
    }
    return PLANTED(ACKNOWLEDGES_ALL) ? queue->last_seq : last_seq;
}
