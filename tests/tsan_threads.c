// C11 threads, made of POSIX threads, for programs under ThreadSanitizer, which knows only those. A
// thread that glibc's thrd_create() started has no state of its own there, and crashes at its first
// malloc(). librdkafka uses C11 threads. With these functions before glibc's, its threads and locks
// are seen, too. glibc's types are the same memory.
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t) && sizeof(cnd_t) >= sizeof(pthread_cond_t),
               "glibc's types");

static int status(int error) {
    switch (error) {
        case 0:
            return thrd_success;
        case EBUSY:
            return thrd_busy;
        case ETIMEDOUT:
            return thrd_timedout;
        case ENOMEM:
            return thrd_nomem;
        default:
            return thrd_error;
    }
}

struct start {
    thrd_start_t function;
    void* argument;
};

static void* run(void* given) {
    const struct start start = *(struct start*)given;
    free(given);
    return (void*)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
    struct start* start = malloc(sizeof *start);
    if (start == NULL) return thrd_nomem;
    *start = (struct start){function, argument};
    const int error = pthread_create(thread, NULL, run, start);
    if (error != 0) free(start);
    return status(error);
}

int thrd_join(thrd_t thread, int* result) {
    void* returned = NULL;
    const int error = pthread_join(thread, &returned);
    if (error == 0 && result != NULL) *result = (int)(intptr_t)returned;
    return status(error);
}

int thrd_detach(thrd_t thread) {
    return status(pthread_detach(thread));
}

int mtx_init(mtx_t* mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (type & mtx_recursive) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    return status(pthread_mutex_init((pthread_mutex_t*)mutex, &attributes));
}
void mtx_destroy(mtx_t* mutex) {
    pthread_mutex_destroy((pthread_mutex_t*)mutex);
}
int mtx_lock(mtx_t* mutex) {
    return status(pthread_mutex_lock((pthread_mutex_t*)mutex));
}
int mtx_trylock(mtx_t* mutex) {
    return status(pthread_mutex_trylock((pthread_mutex_t*)mutex));
}
int mtx_timedlock(mtx_t* mutex, const struct timespec* until) {
    return status(pthread_mutex_timedlock((pthread_mutex_t*)mutex, until));
}
int mtx_unlock(mtx_t* mutex) {
    return status(pthread_mutex_unlock((pthread_mutex_t*)mutex));
}

int cnd_init(cnd_t* condition) {
    return status(pthread_cond_init((pthread_cond_t*)condition, NULL));
}
void cnd_destroy(cnd_t* condition) {
    pthread_cond_destroy((pthread_cond_t*)condition);
}
int cnd_signal(cnd_t* condition) {
    return status(pthread_cond_signal((pthread_cond_t*)condition));
}
int cnd_broadcast(cnd_t* condition) {
    return status(pthread_cond_broadcast((pthread_cond_t*)condition));
}
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
    return status(pthread_cond_wait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const struct timespec* until) {
    return status(
        pthread_cond_timedwait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex, until));
}
