/* Any bytes as a saved source: it is restored, and then saves the same again, or it is refused. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/source.h"

static void require_same(int fd, const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct stat status;

	FUZZ_REQUIRE(text && fstat(fd, &status) == 0 && (size_t)status.st_size == size);
	FUZZ_REQUIRE(pread(fd, text, size, 0) == (ssize_t)size);
	FUZZ_REQUIRE(memcmp(text, data, size) == 0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("source", MFD_CLOEXEC);
	const char *const *paths;
	struct source *source;
	const char *text;
	size_t text_size;

	FUZZ_REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (source_restore(fd, &source) == 0) {
		if (source_read(source, "/a", &text, &text_size) == 0)
			FUZZ_REQUIRE(text[text_size] == '\0');
		if (source_glob(source, "/*", &paths) == 0) {
			for (; *paths; paths++)
				FUZZ_REQUIRE(strlen(*paths) < size);
		}
		FUZZ_REQUIRE(source_save(source, fd) == 0);
		require_same(fd, data, size);
		source_free(source);
	}
	close(fd);
	return 0;
}
