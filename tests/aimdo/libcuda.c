/* A pretended NVIDIA driver: a card of so many bytes that holds nothing but numbers.
 *
 * comfy-aimdo looks for a loaded libcuda.so.1, hooks its allocations and asks it for pages. This one counts
 * what is handed out and refuses what the card has no room for, so that aimdo's own page manager runs as it
 * is on a machine without a card (tests/runtime/test_real_pages.py). Addresses are numbers: nobody reads or
 * writes them. One device, one thread.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, INVALID = 1, OUT_OF_MEMORY = 2 };
enum { PER_THREAD_STREAM = 2, INTEGRATED = 18 };

static size_t card_total, card_used, card_others;
static uint64_t next_address = 1ull << 40;
static int integrated;

/* Bytes handed out, by address: small, since a test holds some hundred allocations. */
#define SLOTS 65536
static struct { uint64_t address; size_t size; } held[SLOTS];

/* --- what the test sets and asks */

void card_open(size_t total, size_t others) {
    card_total = total;
    card_others = others;
    card_used = 0;
    memset(held, 0, sizeof(held));
}

size_t card_in_use(void) { return card_used; }

/* --- bookkeeping */

static int take(uint64_t *address, size_t size) {
    if (card_used + card_others + size > card_total) {
        return OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        if (!held[i].address) {
            held[i].address = *address = next_address;
            held[i].size = size;
            next_address += (size + 0x1fffff) / 0x200000 * 0x200000;
            card_used += size;
            return OK;
        }
    }
    return OUT_OF_MEMORY;
}

static int give_back(uint64_t address) {
    for (size_t i = 0; i < SLOTS; i++) {
        if (held[i].address == address) {
            card_used -= held[i].size;
            held[i].address = 0;
            return OK;
        }
    }
    return INVALID;
}

/* --- the driver's functions that aimdo asks for */

int cuInit(unsigned flags) { (void)flags; return OK; }
int cuGetErrorString(int error, const char **text) { (void)error; *text = "pretended"; return OK; }
int cuCtxGetDevice(int *device) { *device = 0; return OK; }
int cuCtxSynchronize(void) { return OK; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return ordinal ? INVALID : OK; }
int cuDeviceTotalMem(size_t *bytes, int device) { (void)device; *bytes = card_total; return OK; }

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    (void)device;
    *value = attribute == INTEGRATED ? integrated : 0;
    return OK;
}

int cuDeviceGetName(char *name, int size, int device) {
    (void)device;
    strncpy(name, "pretended", size);
    return OK;
}

int cuDeviceGetUuid(void *uuid, int device) { (void)device; memset(uuid, 0, 16); return OK; }

int cuDeviceGetLuid(char *luid, unsigned *mask, int device) {
    (void)device;
    memset(luid, 0, 8);
    *mask = 1;
    return OK;
}

int cuMemGetInfo(size_t *free_bytes, size_t *total) {
    *total = card_total;
    *free_bytes = card_total - card_others - card_used;
    return OK;
}

/* Of the functions that aimdo hooks, each is a body of its own: a hook is written over its first bytes. */
__attribute__((noinline)) int cuMemAlloc(uint64_t *address, size_t size) {
    __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
    return take(address, size);
}

__attribute__((noinline)) int cuMemFree(uint64_t address) {
    __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
    return give_back(address);
}

__attribute__((noinline)) int cuMemAllocAsync(uint64_t *address, size_t size, void *stream) {
    __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
    (void)stream;
    return take(address, size);
}

__attribute__((noinline)) int cuMemAllocAsync_ptsz(uint64_t *address, size_t size, void *stream) {
    __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop; nop");
    (void)stream;
    return take(address, size);
}

__attribute__((noinline)) int cuMemFreeAsync(uint64_t address, void *stream) {
    __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
    (void)stream;
    return give_back(address);
}

__attribute__((noinline)) int cuMemFreeAsync_ptsz(uint64_t address, void *stream) {
    __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop; nop");
    (void)stream;
    return give_back(address);
}

int cuMemAllocHost(void **pointer, size_t size) { *pointer = malloc(size); return *pointer ? OK : OUT_OF_MEMORY; }
int cuMemFreeHost(void *pointer) { free(pointer); return OK; }
int cuMemHostRegister(void *pointer, size_t size, unsigned flags) { (void)pointer; (void)size; (void)flags; return OK; }
int cuMemHostUnregister(void *pointer) { (void)pointer; return OK; }

int cuMemAddressReserve(uint64_t *address, size_t size, size_t align, uint64_t wish, unsigned long long flags) {
    (void)align; (void)wish; (void)flags;
    *address = next_address;
    next_address += size;
    return OK;
}

int cuMemAddressFree(uint64_t address, size_t size) { (void)address; (void)size; return OK; }

int cuMemCreate(unsigned long long *handle, size_t size, const void *properties, unsigned long long flags) {
    uint64_t address;
    int error = take(&address, size);
    (void)properties; (void)flags;
    *handle = error ? 0 : address;
    return error;
}

int cuMemMap(uint64_t address, size_t size, size_t offset, unsigned long long handle, unsigned long long flags) {
    (void)address; (void)size; (void)offset; (void)handle; (void)flags;
    return OK;
}

int cuMemSetAccess(uint64_t address, size_t size, const void *access, size_t count) {
    (void)address; (void)size; (void)access; (void)count;
    return OK;
}

int cuMemUnmap(uint64_t address, size_t size) { (void)address; (void)size; return OK; }
int cuMemRelease(unsigned long long handle) { return give_back(handle); }

int cuMemcpyHtoDAsync(uint64_t to, const void *from, size_t size, void *stream) {
    (void)to; (void)from; (void)size; (void)stream;
    return OK;
}

int cuEventCreate(void **event, unsigned flags) { (void)flags; *event = event; return OK; }
int cuEventDestroy(void *event) { (void)event; return OK; }
int cuEventRecord(void *event, void *stream) { (void)event; (void)stream; return OK; }
int cuEventSynchronize(void *event) { (void)event; return OK; }

#define FUNCTION(name) { #name, (void *)name }
static const struct { const char *name; void *address; } functions[] = {
    FUNCTION(cuInit), FUNCTION(cuGetErrorString), FUNCTION(cuCtxGetDevice), FUNCTION(cuCtxSynchronize),
    FUNCTION(cuDeviceGet), FUNCTION(cuDeviceGetAttribute), FUNCTION(cuDeviceTotalMem),
    FUNCTION(cuDeviceGetName), FUNCTION(cuDeviceGetUuid), FUNCTION(cuDeviceGetLuid), FUNCTION(cuMemGetInfo),
    FUNCTION(cuMemAlloc), FUNCTION(cuMemFree), FUNCTION(cuMemAllocAsync), FUNCTION(cuMemFreeAsync),
    FUNCTION(cuMemAllocHost), FUNCTION(cuMemFreeHost), FUNCTION(cuMemHostRegister),
    FUNCTION(cuMemHostUnregister), FUNCTION(cuMemAddressReserve), FUNCTION(cuMemAddressFree),
    FUNCTION(cuMemCreate), FUNCTION(cuMemMap), FUNCTION(cuMemSetAccess), FUNCTION(cuMemUnmap),
    FUNCTION(cuMemRelease), FUNCTION(cuMemcpyHtoDAsync), FUNCTION(cuEventCreate), FUNCTION(cuEventDestroy),
    FUNCTION(cuEventRecord), FUNCTION(cuEventSynchronize),
};

int cuGetProcAddress(const char *name, void **found, int version, uint64_t flags, int *status) {
    (void)version;
    *found = NULL;
    if (flags == PER_THREAD_STREAM && !strcmp(name, "cuMemAllocAsync")) {
        *found = (void *)cuMemAllocAsync_ptsz;
    } else if (flags == PER_THREAD_STREAM && !strcmp(name, "cuMemFreeAsync")) {
        *found = (void *)cuMemFreeAsync_ptsz;
    } else {
        for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
            if (!strcmp(name, functions[i].name)) {
                *found = functions[i].address;
            }
        }
    }
    if (status) {
        *status = *found ? 0 : 1;
    }
    return *found ? OK : INVALID;
}
