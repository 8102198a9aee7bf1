"""What trees, leaves, searches and metrics are worth, as tables.

What most functions take is said here: ``trees``, one for each method and seed, all of one search space;
``ground_truth``, the accuracy in percent by architecture string, where NaN and absent are the same; ``seed`` and
``resamples`` of the bootstrap; ``normalisation``, as in `split_distance`. A table has the columns of the constant that
its function names. Rows come by method, in the order of the trees, and seed; NaN stands for what there is not.
`FsnasError` is raised where two trees have one method and seed, trees have other spaces, something belongs to none of
them, a string is no architecture of the space, or ``resamples`` is below 1.
"""
