package consumer;

import jakarta.servlet.Servlet;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;

/** The newest Jetty. */
record Container(Server jetty) implements AutoCloseable {
    static Container serve(Servlet servlet, String path) throws Exception {
        var jetty = new Server(0);
        var context = new ServletContextHandler("/");
        var holder = new ServletHolder(servlet);
        holder.setAsyncSupported(true);
        context.addServlet(holder, path);
        jetty.setHandler(context);
        jetty.start();
        return new Container(jetty);
    }

    int port() {
        return jetty.getURI().getPort();
    }

    @Override
    public void close() throws Exception {
        jetty.stop();
    }
}
