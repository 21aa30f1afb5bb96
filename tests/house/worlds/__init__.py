"""The two-world test: nothing that is not released to a party can be seen, counted, guessed or timed by it.

Two databases grow from one seed and are alike but for what was not released to a viewer. Every address is asked in
both with every method, and the answers are compared byte by byte. docs/operating/two-worlds.md says how to read what
it prints and how to enter a new address, a new sort of deed and a new planted leak.

    viewers     who looks: the public, and an office of one party for each clearance that the pack gives
    doing       what people do, as things that can be put into a list
    deeds       what happens in the worlds, when, and who may know of it
    world       one world: its node, clock and dice, and the people in it
    catalogue   for each address, what is asked of it
    asking      one question, and everything that is kept of its answer
    crawl       all questions of one viewer in one world, in one order
    masks       the few bytes that differ by nature
    compare     two lists of answers held beside one another
    running     both worlds of a viewer, each in a process of its own
    planting    known leaks put into a copy of the house, to see that the test finds them
"""
