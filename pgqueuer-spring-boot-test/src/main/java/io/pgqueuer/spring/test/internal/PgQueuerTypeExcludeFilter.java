package io.pgqueuer.spring.test.internal;

import io.pgqueuer.spring.JobHandler;
import io.pgqueuer.spring.JobSchedule;
import io.pgqueuer.spring.test.PgQueuerTest;
import java.io.IOException;
import org.springframework.boot.test.context.filter.annotation.StandardAnnotationCustomizableTypeExcludeFilter;
import org.springframework.core.type.classreading.MetadataReader;
import org.springframework.core.type.classreading.MetadataReaderFactory;

/** Leaves out the components of the application that have no handlers. */
public final class PgQueuerTypeExcludeFilter extends StandardAnnotationCustomizableTypeExcludeFilter<PgQueuerTest> {
    public PgQueuerTypeExcludeFilter(Class<?> testClass) {
        super(testClass);
    }

    @Override
    protected boolean defaultInclude(MetadataReader reader, MetadataReaderFactory factory) throws IOException {
        var type = reader.getAnnotationMetadata();
        return super.defaultInclude(reader, factory)
                || type.hasAnnotatedMethods(JobHandler.class.getName())
                || type.hasAnnotatedMethods(JobSchedule.class.getName());
    }
}
