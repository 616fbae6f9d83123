/* fakes: fake_snapshot */
/* Who belongs to whom, and the rows that each view of ps makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/ps.h"
#include "cli/texts.h"
#include "cli/worker.h"
#include "tests/unit/fake_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROC(PID, PPID, GROUP, NAME)                                                           \
	{                                                                                      \
		.pid = (PID), .tid = (PID), .ppid = (PPID), .pgrp = (GROUP), .threads = 1,     \
		.state = 'S', .rss_kib = 10, .cpu_ticks = 1, .name = (NAME), .cmdline = (NAME) \
	}

/*
 * 1 init, 100 guardian with engine 101; web is 200 with children 201 and 202 (child of 201), and
 * an orphan 203 that went to the guardian; db is 300, started from inside web; 400 is somebody
 * else's, 500 and 501 are each other's parent.
 */
static const struct snapshot_proc procs[] = {
    PROC(1, 0, 1, "init"),          PROC(100, 1, 100, "musterd"),  PROC(101, 100, 100, "engine"),
    PROC(200, 100, 200, "nginx"),   PROC(201, 200, 200, "worker"), PROC(202, 201, 200, "Python"),
    PROC(203, 100, 200, "orphan"),  PROC(204, 203, 200, "child"),  PROC(300, 201, 300, "postgres"),
    PROC(400, 1, 400, "python"),    PROC(500, 501, 9, "circle"),   PROC(501, 500, 9, "circle"),
    PROC(600, 100, 600, "unknown"),
};
#define PROC_COUNT (sizeof(procs) / sizeof(procs[0]))

static const struct worker workers[] = {
    {.name = "db", .pid = 300, .state = STATE_RUNNING},
    {.name = "gone", .pid = 999, .state = STATE_RUNNING},
    {.name = "web", .pid = 200, .state = STATE_RUNNING},
    {.name = "off", .pid = 0, .state = STATE_STOPPED},
};
#define WORKER_COUNT (sizeof(workers) / sizeof(workers[0]))

enum { DB, GONE, WEB, OFF };

static const char *commands[WORKER_COUNT] = {"postgres -D /data", NULL, "nginx", "off"};

struct scene {
	struct snapshot *snapshot;
	struct tree *tree;
	struct ps_run run;
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->snapshot = fake_snapshot_new(procs, PROC_COUNT);
	scene->tree = tree_new(scene->snapshot, workers, WORKER_COUNT, 100);
	scene->run = (struct ps_run){
	    .workers = workers,
	    .worker_count = WORKER_COUNT,
	    .snapshot = scene->snapshot,
	    .tree = scene->tree,
	    .commands = commands,
	    .labels = true,
	    .texts = texts_new(),
	};
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	free(scene->run.rows);
	texts_free(scene->run.texts);
	tree_free(scene->tree);
	snapshot_free(scene->snapshot);
	free(scene);
	return 0;
}

static size_t owner_of(const struct scene *scene, int pid)
{
	return tree_owner(scene->tree, snapshot_find(scene->snapshot, pid));
}

static void test_owners(void **state)
{
	const struct scene *scene = *state;

	assert_int_equal(owner_of(scene, 1), TREE_NOBODY);
	assert_int_equal(owner_of(scene, 100), TREE_DAEMON);
	assert_int_equal(owner_of(scene, 101), TREE_DAEMON);
	assert_int_equal(owner_of(scene, 200), WEB);
	assert_int_equal(owner_of(scene, 202), WEB);
	assert_int_equal(owner_of(scene, 203), WEB);
	assert_int_equal(owner_of(scene, 204), WEB);
	assert_int_equal(owner_of(scene, 300), DB);
	assert_int_equal(owner_of(scene, 400), TREE_NOBODY);
	assert_int_equal(owner_of(scene, 500), TREE_NOBODY);
	assert_int_equal(owner_of(scene, 501), TREE_NOBODY);
	assert_int_equal(owner_of(scene, 600), TREE_DAEMON);
}

static void test_a_tree_is_summed_up(void **state)
{
	const struct scene *scene = *state;
	const struct usage *usage = tree_usage(scene->tree, WEB);

	assert_int_equal(usage->procs, 5);
	assert_int_equal(usage->threads, 5);
	assert_int_equal(usage->rss_kib, 50);
	assert_int_equal(usage->bound, BOUND_WAIT);
	assert_int_equal(tree_usage(scene->tree, DB)->procs, 1);
	assert_int_equal(tree_usage(scene->tree, GONE)->procs, 0);
	assert_int_equal(tree_usage(scene->tree, OFF)->bound, BOUND_NONE);
	assert_int_equal(tree_leader(scene->tree, GONE), SNAPSHOT_NONE);
}

static void test_what_holds_a_process_back(void **state)
{
	static const struct {
		double cpu_share, disk_share;
		int threads;
		char process_state;
		enum bound bound;
	} cases[] = {
	    {0.01, 0, 1, 'S', BOUND_WAIT},    {0.9, 0, 1, 'R', BOUND_CPU},
	    {1.0, 0, 4, 'R', BOUND_ONE_CORE}, {2.5, 0, 4, 'R', BOUND_CPU},
	    {0.6, 0, 2, 'S', BOUND_ONE_CORE}, {0.1, 0, 9, 'S', BOUND_WAIT},
	    {0.1, 0.4, 1, 'S', BOUND_DISK},   {0.1, 0, 1, 'D', BOUND_DISK},
	    {0.9, 0.4, 1, 'D', BOUND_CPU},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct snapshot_proc proc = {
		    .cpu_share = cases[i].cpu_share,
		    .disk_share = cases[i].disk_share,
		    .threads = cases[i].threads,
		    .state = cases[i].process_state,
		};
		struct usage usage;

		usage_of(&proc, &usage);
		assert_string_equal(bound_name(usage.bound), bound_name(cases[i].bound));
	}
}

/* The pids of the rows, and of each whether it has a label, as "200 \_ 201". */
static void expect_rows(struct ps_run *run, const struct ps_view *view, const char *expected)
{
	char text[512] = "";
	size_t used = 0;

	view->build(run);
	for (size_t i = 0; i < run->row_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%d", i ? " " : "",
		                         run->rows[i].label ? "_" : "",
		                         run->rows[i].proc ? run->rows[i].proc->pid : 0);
	assert_string_equal(text, expected);
}

static void test_a_row_for_each_worker(void **state)
{
	struct scene *scene = *state;

	expect_rows(&scene->run, &ps_view_workers, "300 0 200 0");
	assert_int_equal(scene->run.rows[2].usage.procs, 5);
}

static void test_a_pattern_looks_into_the_tree(void **state)
{
	struct scene *scene = *state;

	scene->run.pattern = "PYTHON";
	expect_rows(&scene->run, &ps_view_workers, "200");
}

static void test_a_pattern_looks_at_the_configured_command(void **state)
{
	struct scene *scene = *state;

	scene->run.pattern = "/DATA";
	expect_rows(&scene->run, &ps_view_workers, "300");
}

static void test_a_glob_is_for_the_whole_text(void **state)
{
	struct scene *scene = *state;

	scene->run.pattern = "o?f";
	expect_rows(&scene->run, &ps_view_workers, "0");
	assert_string_equal(scene->run.rows[0].worker->name, "off");
}

static void test_children_stand_below_their_parents(void **state)
{
	struct scene *scene = *state;

	expect_rows(&scene->run, &ps_view_tree, "300 0 200 _201 _202 _203 _204 0");
	assert_string_equal(scene->run.rows[3].label, "\\_ worker");
	assert_string_equal(scene->run.rows[4].label, "  \\_ Python");
	assert_string_equal(scene->run.rows[5].label, "\\_ orphan");
}

static void test_aux_is_all_that_is_musterds(void **state)
{
	struct scene *scene = *state;

	expect_rows(&scene->run, &ps_view_aux, "100 101 200 201 202 203 204 300 600");
}

static void test_aux_with_a_pattern_is_a_grep(void **state)
{
	struct scene *scene = *state;

	scene->run.pattern = "python";
	expect_rows(&scene->run, &ps_view_aux, "202");
}

static void test_threads_belong_to_their_process(void **state)
{
	static const struct snapshot_proc threads[] = {
	    {.pid = 200, .tid = 200, .threads = 2, .name = "main", .state = 'S', .rss_kib = 10},
	    {.pid = 200, .tid = 205, .threads = 2, .name = "io", .state = 'S', .rss_kib = 10},
	    {.pid = 400, .tid = 401, .threads = 2, .name = "late", .state = 'S'},
	};
	struct scene *scene = *state;

	tree_free(scene->tree);
	snapshot_free(scene->snapshot);
	scene->snapshot = fake_snapshot_new(threads, 3);
	scene->tree = tree_new(scene->snapshot, workers, WORKER_COUNT, 0);
	scene->run.snapshot = scene->snapshot;
	scene->run.tree = scene->tree;
	assert_int_equal(tree_usage(scene->tree, WEB)->rss_kib, 10);
	assert_int_equal(tree_usage(scene->tree, WEB)->threads, 2);
	expect_rows(&scene->run, &ps_view_threads, "200 200");
	assert_int_equal(scene->run.rows[1].proc->tid, 205);
}

#define scene_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    scene_test(test_owners),
	    scene_test(test_a_tree_is_summed_up),
	    cmocka_unit_test(test_what_holds_a_process_back),
	    scene_test(test_a_row_for_each_worker),
	    scene_test(test_a_pattern_looks_into_the_tree),
	    scene_test(test_a_pattern_looks_at_the_configured_command),
	    scene_test(test_a_glob_is_for_the_whole_text),
	    scene_test(test_children_stand_below_their_parents),
	    scene_test(test_aux_is_all_that_is_musterds),
	    scene_test(test_aux_with_a_pattern_is_a_grep),
	    scene_test(test_threads_belong_to_their_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
